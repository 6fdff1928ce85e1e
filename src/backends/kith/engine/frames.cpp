// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/frames.hpp"

#include <kith/limits.hpp>

#include <algorithm>

namespace kith::engine {
namespace {

using avos::Command;
using avos::Field;

// Keys, op, `i`, and a signature with a nonce of up to 128 bytes.
constexpr std::size_t kEnvelope = 512;

/// Bytes of `text` as a JSON string with its comma, or more.
std::size_t quotedBytes(std::string_view text) {
  std::size_t bytes = 3;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      bytes += 2;
    } else {
      bytes += static_cast<unsigned char>(c) < 0x20 ? 6 : 1;
    }
  }
  return bytes;
}

template <typename Ids>
std::size_t endOfRun(const Ids& ids, std::size_t first, std::size_t other_bytes) {
  const std::size_t room = limits::kFrameBytes - std::min(limits::kFrameBytes, other_bytes);
  // A byte grows to six at the most, so that a few ids need not be looked at.
  std::size_t most = kEnvelope;
  for (std::size_t i = first; i < ids.size(); ++i) most += ids[i].size() * 6 + 3;
  if (most <= room) return ids.size();

  std::size_t bytes = kEnvelope + other_bytes;
  std::size_t end = first;
  while (end < ids.size()) {
    bytes += quotedBytes(ids[end]);
    if (bytes > limits::kFrameBytes && end > first) break;
    ++end;
  }
  return end;
}

}  // namespace

Command sessionCommand(avos::Op op, std::string_view peer) {
  Command command;
  command.cmd = avos::Cmd::Session;
  command.op = op;
  command.set(Field::PeerId, &Command::peer_id, peer);
  return command;
}

Command roomCommand(avos::Op op, std::string_view peer, std::string_view group_id) {
  Command command;
  command.cmd = avos::Cmd::Room;
  command.op = op;
  command.set(Field::PeerId, &Command::peer_id, peer);
  if (!group_id.empty()) command.set(Field::RoomId, &Command::room_id, group_id);
  return command;
}

void addSignature(Command& command, const Signature& signature) {
  command.set(Field::Signature, &Command::signature, std::string_view(signature.signature));
  command.set(Field::Time, &Command::time, signature.timestamp);
  command.set(Field::Nonce, &Command::nonce, std::string_view(signature.nonce));
}

std::size_t endOfPart(const std::vector<std::string>& ids, std::size_t first,
                      std::size_t other_bytes) {
  return endOfRun(ids, first, other_bytes);
}

std::size_t endOfPartOf(avos::IdList ids, std::size_t first, std::size_t other_bytes) {
  return endOfRun(ids, first, other_bytes);
}

}  // namespace kith::engine
