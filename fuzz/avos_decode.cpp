// SPDX-License-Identifier: Apache-2.0
// Any bytes are decoded or refused; what was decoded is encoded to a frame that means the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "json/quote.hpp"
#include "protocol/avos/codec.hpp"

namespace {

using kith::avos::Command;

/// Stops the fuzzer, in every build type.
void require(bool holds) {
  if (!holds) std::abort();
}

std::string encode(kith::avos::Encoder& encoder, const Command& command) {
  std::string out;
  encoder.encode(command, out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static kith::avos::Decoder decoder;
  static kith::avos::Encoder encoder;
  // On the heap and of the exact size, so that a byte too far is seen.
  std::vector<char> frame(data, data + size);
  frame.push_back('x');
  const auto command = decoder.decode(frame.data(), size);
  if (!command) {
    require(command.error().code == kith::Errc::ProtocolError && !command.error().detail.empty());
    return 0;
  }
  const std::string once = encode(encoder, *command);
  require(kith::base::isUtf8(once));
  if (command->cmd == kith::avos::Cmd::Heartbeat) {
    // Whatever else an object without `cmd` holds, a heartbeat is all it is.
    require(once == "{}");
    return 0;
  }
  kith::avos::SharedFrame shared;
  encoder.encodeShared(*command, shared);

  std::string again = once;
  again += 'x';
  kith::avos::Decoder second;
  const auto decoded = second.decode(again.data(), once.size());
  require(decoded.ok());
  require(decoded->cmd == command->cmd && decoded->i == command->i);
  require(decoded->op == command->op && decoded->fields == command->fields);
  require(encode(encoder, *decoded) == once);

  std::string whole(kith::avos::kSharedHead);
  kith::json::quoteJson("p", whole);
  whole += shared.tail;
  whole += 'x';
  require(second.decode(whole.data(), whole.size() - 1).ok());
  return 0;
}
