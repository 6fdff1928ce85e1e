// SPDX-License-Identifier: Apache-2.0
// One request of an administrator over HTTP. Blocks; any thread.
#pragma once

#include <kith/result.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace kith::tools {

struct AdminCall {
  std::string method;
  std::string url;                   ///< http or https
  std::vector<std::string> headers;  ///< `Name: value`
  std::string body;
  std::string connect;  ///< HOST:PORT to connect to in place of the URL's; empty = that one
  std::string ca_file;  ///< for https; empty = the system's authorities
  std::chrono::milliseconds timeout{0};
};

struct AdminAnswer {
  long status{0};
  std::string body;
};

/// Asks no proxy and follows nothing: the request has a key in it. NetworkDown with curl's words
/// when there is no answer.
Result<AdminAnswer> ask(const AdminCall& call);

}  // namespace kith::tools
