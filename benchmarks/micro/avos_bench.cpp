// SPDX-License-Identifier: Apache-2.0
// Frames read and written.
#include <array>
#include <benchmark/benchmark.h>
#include <cstring>
#include <string>

#include "json/quote.hpp"
#include "protocol/avos/codec.hpp"

namespace kith::avos {
namespace {

const std::string kBody(128, 'x');
const std::string kDelivery =
    R"({"peerId":"jerry","appId":"bench","cmd":"direct","fromPeerId":"tom","msg":")" + kBody +
    R"(","id":"0f8e2b8c61d04c7a9a51","timestamp":1412000000123})";
const std::string kSend =
    R"({"cmd":"direct","appId":"bench","peerId":"tom","toPeerIds":["jerry"],"msg":")" + kBody +
    R"(","dt":"a1b2c3d4-17","i":17})";
const std::string kAck =
    R"({"cmd":"ack","peerId":"tom","i":17,"uid":"0f8e2b8c61d04c7a9a51","t":1412000000123})";

/// Decoding overwrites, so each turn copies the frame first; the copy is part of the figure.
void decodeFrames(benchmark::State& state, const std::string& frame) {
  Decoder decoder;
  std::string buffer(frame.size() + 1, '\0');
  for (auto unused : state) {
    std::memcpy(buffer.data(), frame.data(), frame.size());
    auto read = decoder.decode(buffer.data(), frame.size());
    if (!read) return state.SkipWithError("the frame was refused");
    benchmark::DoNotOptimize(read->body);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(decodeFrames, delivery, kDelivery);
BENCHMARK_CAPTURE(decodeFrames, send, kSend);
BENCHMARK_CAPTURE(decodeFrames, ack, kAck);

Frame delivery() {
  Direct direct;
  direct.from = "tom";
  direct.text = kBody;
  direct.id = "0f8e2b8c61d04c7a9a51";
  direct.timestamp = 1412000000123;
  return {{}, "bench", "jerry", direct};
}

void encodeDelivery(benchmark::State& state) {
  Encoder encoder;
  const Frame frame = delivery();
  std::string out;
  for (auto unused : state) {
    out.clear();
    encoder.encode(frame, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encodeDelivery);

/// A group message: encoded once, then its bytes for each of so many receivers.
void encodeShared(benchmark::State& state) {
  Encoder encoder;
  const Frame frame = delivery();
  std::string shared;
  std::string out;
  for (auto unused : state) {
    encoder.encodeShared(frame, shared);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      out.assign(kSharedHead);
      json::quoteJson("jerry", out);
      out.append(shared);
      benchmark::DoNotOptimize(out.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encodeShared)->Arg(1)->Arg(1000);

void encodeAck(benchmark::State& state) {
  Encoder encoder;
  Ack ack;
  ack.uid = "0f8e2b8c61d04c7a9a51";
  ack.time = 1412000000123;
  const Frame frame{{}, {}, "tom", ack};
  std::string out;
  for (auto unused : state) {
    out.clear();
    encoder.encode(frame, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encodeAck);

}  // namespace
}  // namespace kith::avos
