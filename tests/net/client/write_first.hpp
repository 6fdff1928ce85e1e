// SPDX-License-Identifier: Apache-2.0
// Two sides that both write more than the kernel's buffers take before they read anything.
#pragma once

#include <future>
#include <string>

#include "net/client/loop_bench.hpp"
#include "support/ws_peer.hpp"

namespace kith::testing {

/// 20 MB each way.
constexpr std::size_t kFramesFirst = 100;
inline const std::string kFrameFirst(200'000, 'b');

/// The peer's half. Each of its writes blocks until the client reads, which has as much to write.
inline WsPeer::Script writeFirst(std::promise<bool>& all_good) {
  return [&all_good](WsTalk& talk) {
    talk.shakeHands();
    talk.readFrame();
    bool good = true;
    for (std::size_t i = 0; i < kFramesFirst; ++i) good = good && talk.sendText(kFrameFirst);
    for (std::size_t i = 0; i < kFramesFirst; ++i) {
      good = good && talk.readFrame().payload == kFrameFirst;
    }
    all_good.set_value(good);
    talk.waitForEnd();
  };
}

/// The client's half; checks that everything arrived at both.
inline void checkBothWriteFirst(const net::ConnectRequest& request, std::promise<bool>& all_good) {
  Bench bench;
  bench.connect(request);
  REQUIRE(bench.recorder.isUp());
  onLoop(*bench.loop, [&] {
    bench.transport->send("go");
    for (std::size_t i = 0; i < kFramesFirst; ++i) bench.transport->send(kFrameFirst);
  });
  REQUIRE(bench.recorder.hasFrames(kFramesFirst));
  CHECK(all_good.get_future().get());
}

}  // namespace kith::testing
