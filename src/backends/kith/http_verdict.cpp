// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/http_verdict.hpp"

#include "ws/client_handshake.hpp"

namespace kith::backends {

bool isWebPage(const net::HttpAnswer& answer) {
  if (answer.content_type.rfind("text/html", 0) == 0) return true;
  const std::size_t first = answer.body.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  return first != std::string::npos && answer.body[first] == '<';
}

bool passes(const net::HttpAnswer& answer) {
  constexpr int kMisdirected = 421;  // it went to the wrong server of several
  return ws::saysLater(static_cast<unsigned>(answer.status)) || answer.status == kMisdirected ||
         answer.status < 400 || answer.status > 599 || isWebPage(answer);
}

std::string statusWords(const net::HttpAnswer& answer) {
  std::string words = "HTTP status " + std::to_string(answer.status);
  if (isWebPage(answer)) words += " and a web page";
  return words;
}

Error busyError(std::string_view asked, const net::HttpAnswer& answer) {
  Error error{Errc::ServerBusy, 0, std::string(asked) + " answered " + statusWords(answer), false};
  error.retry_after = answer.retry_after;
  return error;
}

}  // namespace kith::backends
