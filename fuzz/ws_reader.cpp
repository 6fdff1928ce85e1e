// SPDX-License-Identifier: Apache-2.0
// Any bytes, cut anywhere, give the same messages as in one read, and none beyond the limits. The
// first byte says which end sends, the second how the rest is cut.
#include "ws/ws_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr std::size_t kLimit = 3000;

struct Notes : kith::ws::WsSink {
  bool onMessage(char* bytes, std::size_t size, kith::ws::FrameKind kind) override {
    if (size > kLimit) std::abort();
    note(kind == kith::ws::FrameKind::Text ? 'm' : 'b', {bytes, size});
    std::memset(bytes, '#', size + 1);
    return true;
  }
  bool onTooLong(kith::ws::FrameKind kind) override {
    note(kind == kith::ws::FrameKind::Text ? 'l' : 'L', {});
    return true;
  }
  bool onControl(kith::ws::Opcode opcode, std::string_view payload) override {
    if (payload.size() > kith::ws::kMaxControlPayload) std::abort();
    note(static_cast<char>(opcode), payload);
    return true;
  }
  void note(char kind, std::string_view text) {
    heard.append(1, kind).append(std::to_string(text.size())).append(1, ':').append(text);
  }

  std::string heard;
};

std::string readIn(std::string_view bytes, std::size_t step, kith::ws::WsReader::Peer peer) {
  kith::ws::WsReader reader(peer, kLimit);
  Notes notes;
  std::uint16_t fault = 0;
  for (std::size_t at = 0; at < bytes.size() && fault == 0; at += step) {
    std::string part(bytes.substr(at, step));
    const std::size_t size = part.size();
    part.push_back('!');
    fault = reader.read(part.data(), size, notes);
  }
  return notes.heard + '/' + std::to_string(fault);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  using Peer = kith::ws::WsReader::Peer;
  const Peer peer = (data[0] & 1) != 0 ? Peer::Server : Peer::Client;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = readIn(bytes, std::max<std::size_t>(bytes.size(), 1), peer);
  if (readIn(bytes, 1 + data[1] % 64, peer) != whole || readIn(bytes, 1, peer) != whole)
    std::abort();
  return 0;
}
