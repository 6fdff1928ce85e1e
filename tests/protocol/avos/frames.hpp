// SPDX-License-Identifier: Apache-2.0
// Decoding and encoding in one line, for these tests. Test threads only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/avos/codec.hpp"

namespace kith::avos {

/// A frame with the memory that its Frame looks into, of exactly the size a decoder may touch.
struct DecodedFrame {
  explicit DecodedFrame(std::string_view text) : bytes(text.begin(), text.end()), result(Error{}) {
    bytes.push_back('!');
    result = decoder.decode(bytes.data(), text.size());
  }

  Decoder decoder;
  std::vector<char> bytes;
  Result<Frame> result;

  /// Its body, which is of this kind.
  template <typename Kind>
  const Kind& body() const {
    return std::get<Kind>(result->body);
  }
};

inline std::string encoded(const Frame& frame) {
  Encoder encoder;
  std::string out;
  encoder.encode(frame, out);
  return out;
}

inline std::vector<std::string> texts(IdList ids) { return {ids.begin(), ids.end()}; }

}  // namespace kith::avos
