// SPDX-License-Identifier: Apache-2.0
// Decoding and encoding in one line, for the wire tests. Test threads only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/avos/codec.hpp"

namespace kith::avos {

/// A frame with the memory that its Command looks into, of exactly the size a decoder may touch.
struct DecodedFrame {
  explicit DecodedFrame(std::string_view text) : bytes(text.begin(), text.end()), result(Error{}) {
    bytes.push_back('!');
    result = decoder.decode(bytes.data(), text.size());
  }

  Decoder decoder;
  std::vector<char> bytes;
  Result<Command> result;
};

inline std::string encoded(const Command& command) {
  Encoder encoder;
  std::string out;
  encoder.encode(command, out);
  return out;
}

inline std::vector<std::string> texts(IdList ids) { return {ids.begin(), ids.end()}; }

}  // namespace kith::avos
