// SPDX-License-Identifier: Apache-2.0
// Any bytes are decoded or refused; what was decoded is encoded, in each encoding, to a frame that
// means the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "protocol/leancloud/codec.hpp"
#include "protocol/leancloud/schema.hpp"

namespace {

using namespace kith::leancloud;

/// Stops the fuzzer, in every build type.
void require(bool holds) {
  if (!holds) std::abort();
}

std::string encode(const Command& command, Encoding encoding) {
  static Encoder encoder;
  std::string out;
  encoder.encode(command, encoding, out);
  return out;
}

bool fits(const Command& command) {
  return std::visit(
      [&]<typename B>(const B&) {
        if constexpr (IsMessage<B>) return Schema<B>::kBody.cmd == command.cmd;
        return false;
      },
      command.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Decoder decoder;
  static Decoder second;
  // On the heap and of the exact size, so that a byte too far is seen.
  const std::vector<char> bytes(data, data + size);
  const auto command = decoder.decode(Encoding::Protobuf, {bytes.data(), size});
  if (!command) {
    require(command.error().code == kith::Errc::ProtocolError && !command.error().detail.empty());
    return 0;
  }
  const std::string once = encode(*command, Encoding::Protobuf);
  const auto decoded = second.decode(Encoding::Protobuf, once);
  require(decoded.ok() && decoded->body.index() == command->body.index());
  require(encode(*decoded, Encoding::Protobuf) == once);

  const std::string text = encode(*command, Encoding::Base64);
  const auto of_text = second.decode(Encoding::Base64, text);
  require(of_text.ok() && encode(*of_text, Encoding::Protobuf) == once);

  // JSON does not say which body it is: only one that fits its command is read as the same.
  const std::string json = encode(*command, Encoding::Json);
  require(kith::base::isUtf8(json));
  if (!fits(*command)) return 0;
  const auto of_json = second.decode(Encoding::Json, json);
  require(of_json.ok() && of_json->body.index() == command->body.index());
  // But for values that are `null`, which is absent in JSON.
  const std::string again = encode(*of_json, Encoding::Json);
  require(again == json || json.find("null") != json.npos);
  return 0;
}
