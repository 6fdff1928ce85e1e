// SPDX-License-Identifier: Apache-2.0
// Requests over HTTP of `kith admin` and `kith rescue`. Each blocks; one thread.
#pragma once

#include <kith/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kith::tools {

struct HttpCall {
  std::string method{"GET"};
  std::string url;                   ///< http or https
  std::vector<std::string> headers;  ///< `Name: value`
  std::string body;
  std::string connect;  ///< HOST:PORT to connect to in place of the URL's; empty = that one
  std::string ca_file;  ///< for https; empty = the system's authorities
  std::string proxy;    ///< `http://[USER:PASSWORD@]HOST:PORT`; empty = none
  /// For the connection, and for each time that nothing comes.
  std::chrono::milliseconds timeout{0};
  /// For all of it; 0 = the timeout.
  std::chrono::milliseconds deadline{0};
  std::size_t most_answer{std::size_t{64} * 1024};
  /// Where the answer is elsewhere: so often it is looked for there. Never with a key in `headers`.
  long redirects{0};
  /// Refuses to connect to this machine and to private networks, wherever the URL comes from.
  bool public_only{false};
};

struct HttpReply {
  long status{0};
  std::string body;
  std::chrono::milliseconds retry_after{0};  ///< of the header; 0 = there is none
  std::string location;                      ///< where a redirect leads that was not followed
  bool too_long{false};                      ///< the body ends where it became too long
};

/// Keeps connections for the next call.
class HttpClient {
 public:
  /// Takes a piece of the body of an answer with this status; false = it cannot, and the call ends.
  using Sink = std::function<bool(long status, std::string_view bytes)>;

  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Asked every second at the latest; a call ends with Closed when it is true.
  void stopWhen(std::function<bool()> stop) { stop_ = std::move(stop); }

  /// No proxy of the environment is asked. With a `sink` the body of an answer with a status below
  /// 300 goes there, however long it is. Without an answer: Timeout, NameNotResolved,
  /// ConnectionRefused, TlsUntrusted, Rejected for an address that is not public, StoreFailed when
  /// the sink could not, or NetworkDown, with curl's words.
  Result<HttpReply> ask(const HttpCall& call, const Sink& sink = nullptr);
  /// What the last answer, also one that was cut, is known by: its ETag, when that stands for the
  /// very bytes. Empty = it has none.
  std::string etag() const;

 private:
  struct Transfer;
  void setUp(const HttpCall& call, Transfer& transfer);

  void* curl_;
  std::function<bool()> stop_;
};

}  // namespace kith::tools
