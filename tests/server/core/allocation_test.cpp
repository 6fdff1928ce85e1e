// SPDX-License-Identifier: Apache-2.0
// What a message takes from the heap once the hub, and a storage in memory, have seen enough of
// them.
#include <string>
#include <vector>

#include "server/dialects/avos/avos_dialect.hpp"
#include "support/allocations.hpp"
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

/// A hub whose clients keep nothing but the id of the last message each of them heard.
class QuietWorld final : private core::Output {
 public:
  explicit QuietWorld(std::size_t peers) : heard_(peers) {
    buffer_.reserve(4096);
    for (std::size_t i = 0; i < peers; ++i) {
      hub_.connected(static_cast<core::ConnectionId>(i), dialect_, now_);
      feed(i, R"({"cmd":"session","op":"open",)" + self(i) + "}");
    }
  }

  static std::string self(std::size_t i) {
    return R"("appId":"testapp0001","peerId":"peer number )" + std::to_string(i) + '"';
  }

  /// Feeds a frame, and has its receivers acknowledge it.
  void feed(std::size_t from, const std::string& frame) {
    turn(from, frame);
    for (std::size_t i = 0; i < heard_.size(); ++i) {
      if (heard_[i].empty()) continue;
      ack_.assign(R"({"cmd":"ack","appId":"testapp0001","peerId":"peer number )");
      ack_.append(1, static_cast<char>('0' + i)).append(R"(","ids":[")").append(heard_[i]);
      heard_[i].clear();
      turn(i, ack_.append("\"]}"));
    }
  }

  std::size_t frames{0};
  std::size_t deliveries{0};
  std::string group;

 private:
  static core::HubOptions options() {
    AppOptions app = testApp();
    app.require_watch = RequireWatch::Off;
    app.rates.peer_per_second = app.rates.app_per_second = 0;
    return testHub(app);
  }

  void turn(std::size_t from, const std::string& frame) {
    buffer_.assign(frame).push_back('\0');
    now_.mono += base::Millis(1);
    now_.wall += base::Millis(1);
    static_cast<void>(
        hub_.received(static_cast<core::ConnectionId>(from), buffer_.data(), frame.size(), now_));
    do {
      hub_.endTurn(now_);
    } while (storage_->drain(hub_) > 0);
  }

  void write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
             core::FrameForm) override {
    ++frames;
    const std::string_view end = *(parts.end() - 1);
    if (end.find(R"("op":"joined")") != std::string_view::npos) group = field(end, R"("roomId":")");
    if (!end.starts_with(R"(,"cmd":"direct")")) return;
    ++deliveries;
    heard_[to] = field(end, R"("id":")");
  }
  void close(core::ConnectionId, std::uint16_t, std::string_view) override {}
  void resume(core::ConnectionId) override {}

  static std::string_view field(std::string_view frame, std::string_view name) {
    const std::size_t start = frame.rfind(name) + name.size();
    return frame.substr(start, frame.find('"', start) - start);
  }

  std::vector<std::string> heard_;
  std::string buffer_;
  std::string ack_;
  base::Instant now_{base::Millis(1000), base::Millis(kStartSeconds * 1000)};
  base::SeededRandom random_{3};
  std::unique_ptr<storage::Storage> storage_ = storage::makeMemoryStorage({});
  dialects::AvosDialect dialect_{0};
  core::Hub hub_{options(), *this, *storage_, random_};
};

TEST_CASE("allocation: a delivered message takes no memory on a warm hub") {
  QuietWorld world(4);
  world.feed(0, R"({"cmd":"room","op":"join",)" + QuietWorld::self(0) + "}");
  REQUIRE_FALSE(world.group.empty());
  for (std::size_t i = 1; i < 4; ++i) {
    world.feed(i, R"({"cmd":"room","op":"join",)" + QuietWorld::self(i) + R"(,"roomId":")" +
                      world.group + "\"}");
  }
  const std::string text(128, 'x');
  struct Sent {
    std::size_t from;
    std::string frame;
  };
  const std::vector<Sent> all{
      {0, R"({"cmd":"direct",)" + QuietWorld::self(0) +
              R"(,"toPeerIds":["peer number 1"],"msg":")" + text + R"(","i":17})"},
      {2, R"({"cmd":"direct",)" + QuietWorld::self(2) +
              R"(,"toPeerIds":["peer number 3"],"msg":")" + text + R"(","transient":true})"},
      {3, R"({"cmd":"direct",)" + QuietWorld::self(3) + R"(,"roomId":")" + world.group +
              R"(","msg":")" + text + R"(","i":"a serial as text"})"}};
  const auto round = [&] {
    for (const auto& [from, frame] : all) world.feed(from, frame);
  };
  // Until the history is full.
  for (int i = 0; i < 60000; ++i) round();
  world.deliveries = world.frames = 0;
  const std::size_t before = allocations();
  for (int i = 0; i < 1000; ++i) round();
  CHECK(allocations() - before == 0);
  CHECK(world.deliveries == 5000);
}

TEST_CASE("allocation: that a peer comes and goes takes no memory for its watchers") {
  QuietWorld world(4);
  const auto session = [](std::size_t i, const char* op, const char* more) {
    return R"({"cmd":"session","op":")" + std::string(op) + "\"," + QuietWorld::self(i) + more +
           "}";
  };
  const std::string come = session(3, "open", "");
  const std::string go = session(3, "close", "");
  const auto taken = [&] {
    for (int i = 0; i < 100; ++i) {
      world.feed(3, go);
      world.feed(3, come);
    }
    world.frames = 0;
    const std::size_t before = allocations();
    for (int i = 0; i < 1000; ++i) {
      world.feed(3, go);
      world.feed(3, come);
    }
    return allocations() - before;
  };
  // The peer is kept in memory all the time.
  world.feed(0, session(0, "add", R"(,"sessionPeerIds":["peer number 3"])"));
  const std::size_t of_one = taken();
  CHECK(world.frames == 2000 + 2000);
  for (const std::size_t i : {1u, 2u}) {
    world.feed(i, session(i, "add", R"(,"sessionPeerIds":["peer number 3"])"));
  }
  CHECK(taken() < of_one + 100);  // the storage's own lists grow now and then
  CHECK(world.frames == 2000 + 6000);
}

}  // namespace
}  // namespace kith::testing
