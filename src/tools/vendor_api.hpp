// SPDX-License-Identifier: Apache-2.0
// The vendor's REST, asked patiently: at a rate, again after faults that pass, with the master key
// in no place that is kept. Each call blocks; one thread.
#pragma once

#include <kith/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "rescue/answers.hpp"
#include "rescue/pacer.hpp"
#include "tools/http_call.hpp"
#include "tools/rescue_folder.hpp"

namespace kith::tools {

/// SIGINT and SIGTERM, which are blocked (blockSignals()).
class StopSignals {
 public:
  /// One has come, now or before.
  bool came() { return waitFor(std::chrono::milliseconds{0}); }
  /// Waits so long, or until one comes; true when one has.
  bool waitFor(std::chrono::milliseconds time);

 private:
  bool came_{false};
};

struct VendorSettings {
  std::string server;  ///< as rescue::parseServer() has it
  std::string app;
  std::string master_key;
  std::string ca_file;
  std::string proxy;
  std::chrono::milliseconds timeout{0};
  rescue::Pace pace;
};

class VendorApi {
 public:
  /// Makes the target of a request for so many rows.
  using Target = std::function<std::string(std::size_t limit)>;
  /// Told what is waited for: what went wrong, and how long the pause is.
  using OnPause = std::function<void(const std::string& why, std::chrono::milliseconds pause)>;

  VendorApi(VendorSettings settings, StopSignals& signals, OnPause on_pause);

  struct Reply {
    rescue::Answer answer;  ///< Good, Refused or Absent
    std::string body;
  };
  /// Asks until there is an answer. Closed when a signal came; an Error says why it was given up:
  /// the key is refused, the patience is over, or the very first request finds no server.
  Result<Reply> get(const std::string& target);
  Result<Reply> post(const std::string& target, const std::string& body);
  /// The same for a page: `limit` becomes less when answers are too long or take too long.
  Result<Reply> page(const Target& target, std::size_t& limit);

  /// Gets what is anywhere into `file`, without the key. After a cut it goes on where it was, when
  /// the server can do that and still has the same. Good; or Refused with the reason, also when its
  /// server is not to be reached while the vendor's is. `private_too`: also from this machine and
  /// private networks. `on_bytes` is called when the file has grown.
  Result<rescue::Answer> download(const std::string& url, bool private_too, GrowingFile& file,
                                  const std::function<void()>& on_bytes);
  /// Waits so long; Closed when a signal came.
  Result<void> rest(std::chrono::milliseconds time);

 private:
  Result<Reply> ask(const HttpCall& call, std::size_t* limit);
  /// One try. `etag` is of what `file` has the beginning of, empty when that is of no use.
  Result<HttpReply> downloadOnce(HttpCall call, GrowingFile& file, std::string& etag,
                                 const std::function<void()>& on_bytes);
  /// Waits before the next try. An Error when there is to be none.
  Result<void> pause(Error why, std::chrono::milliseconds retry_after);
  Result<void> wait();
  HttpCall callFor(const std::string& target) const;

  VendorSettings settings_;
  StopSignals& signals_;
  OnPause on_pause_;
  HttpClient client_;
  rescue::Pacer pacer_;
  HttpClient downloads_;
  bool answered_{false};
};

}  // namespace kith::tools
