// SPDX-License-Identifier: Apache-2.0
// The client's decisions for one message, with neither JSON nor sockets: what libkith adds to the
// wire and the io thread.
#include <benchmark/benchmark.h>
#include <string>

#include "backends/kith/engine/client_engine.hpp"

namespace kith::engine {
namespace {

const std::string kBody(128, 'x');

/// Counts, and remembers the serial of the last frame, for its answer.
class Sink final : public Output {
 public:
  void fetchRoute() override {}
  void connect(const std::string&) override {}
  void disconnect(std::uint16_t, std::string_view) override {}
  void abandon() override {}
  void sendFrame(const avos::Frame& frame) override {
    if (!frame.is<avos::Ack>()) serial = frame.i.number;
  }
  void sendCommand(const leancloud::Command&) override {}
  void sendPing() override {}
  void requestSignature(SignatureId, const SignatureRequest&) override {}
  void load(SessionRef, const std::string&) override {}
  void keep(const std::string&, StoreChange) override {}
  void done(OpId, Outcome&& outcome) override { done_well += outcome.result ? 1 : 0; }
  void notify(SessionRef, Event&& event) override {
    incoming += std::holds_alternative<MessageReceived>(event) ? 1 : 0;
  }

  std::int64_t serial{0};
  std::int64_t done_well{0};
  std::int64_t incoming{0};
};

EngineOptions options() {
  EngineOptions options;
  options.app_id = "bench";
  options.server = "ws://server";
  return options;
}

/// One open session, tom's.
struct Bench {
  Bench() {
    engine.addSession(1, "tom");
    engine.open(1, {}, 1, now);
    engine.transportUp(now);
    engine.received(answer(avos::SessionOpened{}), now);
  }

  avos::Frame answer(const avos::Body& body) const {
    return {{avos::Serial::Kind::Integer, sink.serial, {}}, {}, "tom", body};
  }

  Sink sink;
  base::SeededRandom random{1};
  base::Instant now{base::Millis{1000}, base::Millis{1412000000000}};
  ClientEngine engine{options(), sink, random};
};

/// send(), then the server's ack.
void engineSend(benchmark::State& state) {
  Bench bench;
  OpId op = 10;
  const std::int64_t before = bench.sink.done_well;
  for (auto unused : state) {
    Message message;
    message.text = kBody;
    message.to = {"jerry"};
    bench.engine.send(1, std::move(message), "a1b2c3d4-" + std::to_string(op), op, bench.now);
    ++op;
    avos::Ack ack;
    ack.uid = "0f8e2b8c61d04c7a9a51";
    ack.time = 1412000000123;
    bench.engine.received(bench.answer(ack), bench.now);
  }
  if (bench.sink.done_well - before != static_cast<std::int64_t>(state.iterations())) {
    state.SkipWithError("a send was not done");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(engineSend);

/// A delivery, then its callback has run: the engine acknowledges it.
void engineReceive(benchmark::State& state) {
  Bench bench;
  std::string id = "id-0000000000000000";
  std::int64_t number = 0;
  for (auto unused : state) {
    const std::string digits = std::to_string(++number);
    id.replace(id.size() - digits.size(), digits.size(), digits);
    avos::Direct direct;
    direct.from = "jerry";
    direct.text = kBody;
    direct.id = id;
    direct.timestamp = 1412000000123;
    bench.engine.received({{}, {}, "tom", direct}, bench.now);
    bench.engine.delivered(1, 1, bench.now);
    // Acknowledgements are folded; a turn's end sends them.
    if (bench.engine.deadline() <= bench.now.mono) bench.engine.timeReached(bench.now);
  }
  if (bench.sink.incoming != number) state.SkipWithError("a message was not delivered");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(engineReceive);

}  // namespace
}  // namespace kith::engine
