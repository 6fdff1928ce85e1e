// SPDX-License-Identifier: Apache-2.0
// Files over HTTP, as the vendor's clients of its storage save and read them (leancloud-current
// §6): a token, the bytes, a word that they are there. A file is an object of the class `_File`;
// its bytes are in a folder, which a thread beside the loop waits for. Owned by RestApi, loop
// thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "json/json_writer.hpp"
#include "server/rest/rest_host.hpp"
#include "server/rest/route_table.hpp"
#include "server/rest/storage_calls.hpp"

namespace kith::rest {

/// Bytes of one file.
inline constexpr std::uint64_t kUploadBytes = 10u * 1024 * 1024;

class FileApi {
 public:
  struct Settings {
    std::string public_url;
    bool tls{false};
    /// Null: there is none.
    std::function<const AppOptions*(std::string_view)> find_app;
  };
  /// All outlive it.
  FileApi(StorageCalls& calls, FileHost& host, base::Random& random, Settings settings)
      : calls_(calls), host_(host), random_(random), settings_(std::move(settings)) {}

  /// It outlives them.
  std::vector<Route> routes();

 private:
  using Answer = std::optional<net::HttpReply>;

  Answer beginUpload(const Request& request);
  Answer upload(const Request& request);
  Answer endUpload(const Request& request);
  Answer addLink(const Request& request);
  Answer get(const Request& request);
  Answer remove(const Request& request);
  Answer read(const Request& request);

  /// The answer has `shown`, and what the object has by itself.
  Answer makeObject(const Request& request, std::string id, std::string fields,
                    json::JsonWriter shown);
  Answer work(net::RequestId request, std::size_t bytes, FileHost::Work work);

  StorageCalls& calls_;
  FileHost& host_;
  base::Random& random_;
  const Settings settings_;
};

}  // namespace kith::rest
