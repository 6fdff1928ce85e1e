// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/frame_size.hpp"

#include <kith/limits.hpp>

#include <cstdint>
#include <string>

#include "backends/kith/engine/frames.hpp"
#include "protocol/avos/codec.hpp"

namespace kith::backends {

Result<void> checkFrameSize(const Message& message, std::string_view app_id,
                            std::string_view peer_id, std::string_view client_id) {
  // Most messages are far below: a byte grows to six at the most (\u0000).
  std::size_t bytes = message.text.size() + message.group_id.size() + app_id.size() +
                      peer_id.size() + client_id.size();
  for (const std::string& peer : message.to) bytes += peer.size() + 1;
  for (const std::string& peer : message.mentions) bytes += peer.size() + 1;
  if (bytes * 6 + 256 <= limits::kFrameBytes) return {};

  thread_local avos::Encoder encoder;
  thread_local std::string encoded;
  thread_local engine::DirectScratch scratch;
  // The same as is sent, with the longest serial.
  avos::Frame frame = engine::directFrame(peer_id, message, client_id, scratch);
  frame.i = {avos::Serial::Kind::Integer, INT32_MAX, {}};
  frame.app_id = app_id;
  encoded.clear();
  encoder.encode(frame, encoded);
  if (encoded.size() <= limits::kFrameBytes) return {};
  return Error{Errc::MessageTooLong, 0,
               "message: is " + std::to_string(encoded.size()) + " bytes on the wire; at most " +
                   std::to_string(limits::kFrameBytes) + " go through: split it, or send a link",
               false};
}

}  // namespace kith::backends
