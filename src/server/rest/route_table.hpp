// SPDX-License-Identifier: Apache-2.0
// What is answered over HTTP, as a table: method, path, the key it takes, and the handler. Owned by
// RestApi, loop thread only.
#pragma once

#include <kith/server.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/server/listener.hpp"

namespace kith::rest {

/// The key that a route takes. A route that forgets to say it takes the master's.
enum class Who : std::uint8_t {
  Master,  ///< with the master key of an app, or a signature made with it
  App,     ///< with a key of an app, its own or the master key, or a signature made with one
  Bearer,  ///< the handler looks at what the path or the body shows in the place of a key
  Anyone,  ///< no key is looked at; answered also when its address has all that it may have
  Admin,   ///< with the server's admin key, from this machine unless the server says otherwise
  AdminOrMaster,  ///< from there, too, also with a master key: the handler looks of which app
};

/// A request on its way to its handler.
struct Request {
  net::RequestId id{0};
  const net::HttpCall& call;
  const AppOptions* app{nullptr};       ///< of which it has shown a key
  bool master{false};                   ///< it has shown the master key
  std::vector<std::string_view> names;  ///< what stands where the path has `{}`
  std::string_view body;                ///< of routes that take one
  bool admin{false};                    ///< it has shown the admin key
};

/// Bytes of a body that says nothing: the vendor's clients of its storage send one with each
/// request, also where there is nothing to say.
inline constexpr std::uint64_t kStrayBody = 4096;

struct Route {
  /// Answers now, or with nullopt later.
  using Handler = std::function<std::optional<net::HttpReply>(const Request&)>;

  std::string_view method;  ///< GET is HEAD, too
  std::string_view path;    ///< `{}` is one segment, any; `/1.1/` is `/1/`, too
  Who who{Who::Master};
  std::uint64_t body{0};  ///< bytes that a body may have; 0 = there must be none
  Handler handler;
};

class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

  struct Found {
    const Route* route{nullptr};          ///< null = another method, or no such path
    std::vector<std::string_view> names;  ///< in the path that was given
    std::string methods;                  ///< that work at this path; empty = there is nothing
  };
  /// A slash at the end of `path` makes no difference.
  Found find(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

/// `body` is JSON.
net::HttpReply jsonReply(std::string body, int status = 200);
/// An answer of 4xx or 5xx: `{"code":...,"error":"..."}` (avos-v1 §11.1).
net::HttpReply refuse(int status, std::int64_t code, std::string text);
/// The same for what the request says, where no number is known for it.
net::HttpReply badRequest(std::string what);

}  // namespace kith::rest
