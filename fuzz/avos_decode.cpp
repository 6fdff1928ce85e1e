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

using kith::avos::Frame;

/// Stops the fuzzer, in every build type.
void require(bool holds) {
  if (!holds) std::abort();
}

std::string encode(kith::avos::Encoder& encoder, const Frame& frame) {
  std::string out;
  encoder.encode(frame, out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static kith::avos::Decoder decoder;
  static kith::avos::Encoder encoder;
  // On the heap and of the exact size, so that a byte too far is seen.
  std::vector<char> bytes(data, data + size);
  bytes.push_back('x');
  const auto frame = decoder.decode(bytes.data(), size);
  if (!frame) {
    require(frame.error().code == kith::Errc::ProtocolError && !frame.error().detail.empty());
    return 0;
  }
  const std::string once = encode(encoder, *frame);
  require(kith::base::isUtf8(once));
  if (frame->is<kith::avos::Heartbeat>()) {
    // Whatever else an object without `cmd` holds, a heartbeat is all it is.
    require(once == "{}");
    return 0;
  }
  std::string shared;
  encoder.encodeShared(*frame, shared);

  std::string again = once;
  again += 'x';
  kith::avos::Decoder second;
  const auto decoded = second.decode(again.data(), once.size());
  require(decoded.ok());
  require(decoded->body.index() == frame->body.index() && decoded->i == frame->i);
  require(decoded->app_id == frame->app_id && decoded->peer_id == frame->peer_id);
  require(encode(encoder, *decoded) == once);

  std::string whole(kith::avos::kSharedHead);
  kith::json::quoteJson("p", whole);
  whole += shared;
  whole += 'x';
  require(second.decode(whole.data(), whole.size() - 1).ok());
  return 0;
}
