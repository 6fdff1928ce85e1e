// SPDX-License-Identifier: Apache-2.0
// Any text is decoded or refused; what was decoded is encoded to a frame that means the same, in
// JSON and in protobuf.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "protocol/leancloud/codec.hpp"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Decoder decoder;
  static Decoder second;
  // On the heap and of the exact size, so that a byte too far is seen.
  const std::vector<char> bytes(data, data + size);
  const auto command = decoder.decode(Encoding::Json, {bytes.data(), size});
  if (!command) {
    require(command.error().code == kith::Errc::ProtocolError && !command.error().detail.empty());
    return 0;
  }
  const std::string once = encode(*command, Encoding::Json);
  require(kith::base::isUtf8(once));
  if (command->cmd == Cmd::None) {
    // Whatever else an object without `cmd` holds, a heartbeat is all it is.
    require(once == "{}");
    return 0;
  }
  const auto decoded = second.decode(Encoding::Json, once);
  require(decoded.ok() && decoded->body.index() == command->body.index());
  require(encode(*decoded, Encoding::Json) == once);
  require(encode(*decoded, Encoding::Protobuf) == encode(*command, Encoding::Protobuf));

  const std::string binary = encode(*command, Encoding::Protobuf);
  const auto of_binary = second.decode(Encoding::Protobuf, binary);
  require(of_binary.ok() && encode(*of_binary, Encoding::Protobuf) == binary);
  return 0;
}
