// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "protocol/avos/codec.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace kith::avos {
namespace {

using testing::allocations;

const std::vector<std::string>& frames() {
  static const std::vector<std::string> all{
      R"({"cmd":"direct","peerId":"alice","appId":"testapp0001","msg":"hello \"there\" \u5c0f",)"
      R"("toPeerIds":["bob","carol","dave"],"r":true,"i":"abcde1412000040000","dt":"x"})",
      R"({"cmd":"ack","peerId":"bob","ids":["a","b","c","d","e","f"],"unknown":[[{"x":[1.5]}]]})",
      R"({"cmd":"session","op":"open","peerId":"p","t":1412000000,"n":"n","s":"s","sp":1})", "{}"};
  return all;
}

// RapidJSON takes its memory from malloc() directly, so its stack is covered by the warm-up: it
// never shrinks.
TEST_CASE("allocation: a warm decoder and encoder take no memory per frame") {
  Decoder decoder;
  Encoder encoder;
  std::string shared;
  std::string out;
  std::string buffer;
  buffer.reserve(4096);
  std::size_t decoded = 0;
  const auto round = [&] {
    for (const std::string& frame : frames()) {
      buffer.assign(frame).append("!");
      out.clear();
      const Result<Frame> read = decoder.decode(buffer.data(), frame.size());
      if (!read) continue;
      ++decoded;
      encoder.encode(*read, out);
      encoder.encodeShared(*read, shared);
    }
  };
  round();
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) round();
  CHECK(allocations() - before == 0);
  CHECK(decoded == 101 * frames().size());
}

TEST_CASE("allocation: the counter counts") {
  const std::size_t before = allocations();
  const std::string text(1000, 'x');
  CHECK(allocations() - before == 1);
  CHECK(text.size() == 1000);
}

}  // namespace
}  // namespace kith::avos
