// SPDX-License-Identifier: Apache-2.0
// Any bytes are a request's head, a refusal, or not all there; however they are cut, it is the same
// one, and nothing of it can begin a line of an answer.
#include "ws/http_head.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/server/http_reply.hpp"
#include "ws/ws_handshake.hpp"

namespace {

using kith::ws::HttpHead;

/// Stops the fuzzer, in every build type.
void require(bool holds) {
  if (!holds) std::abort();
}

bool isClean(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void look(const HttpHead& head) {
  require(isClean(head.method) && !head.method.empty());
  require(isClean(head.path) && !head.path.empty() && isClean(head.query));
  require(head.headers.size() <= kith::ws::kHeaderLines);
  for (const auto& [name, value] : head.headers) require(isClean(name) && isClean(value));
  kith::net::HttpCall call;
  if (kith::net::readHttpCall(head, {"x-lc-id"}, call)) {
    require(call.path.find('\0') == std::string::npos && isClean(call.host));
  }
  require(isClean(kith::net::originOf(head, {"https://a"}).cors_headers.substr(0, 12)));
  if (!kith::ws::asksForWebSocket(head)) return;
  const std::string refusal = kith::ws::handshakeError(head);
  const std::string chosen = kith::ws::chooseSubprotocol(head, {"a", "b.1"});
  require(chosen.empty() || chosen == "a" || chosen == "b.1");
  const std::string answer = refusal.empty() ? kith::ws::switchingProtocols(head, chosen) : refusal;
  require(answer.starts_with("HTTP/1.1 ") && answer.find("\r\n\r\n") == answer.size() - 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::string_view rest = bytes;
  rest.remove_prefix(kith::ws::emptyLines(rest));
  const std::size_t whole = kith::ws::headSize(rest, 0);
  for (std::size_t known = 1; known < std::min<std::size_t>(whole, 64); ++known) {
    require(kith::ws::headSize(rest, known) == whole);
  }
  if (whole == 0) return 0;
  HttpHead head;
  if (!kith::ws::readHead(rest.substr(0, whole), head)) return 0;
  for (std::size_t i = 1; i < whole; ++i) require(kith::ws::mayBeHead(rest.substr(0, i)));
  look(head);
  return 0;
}
