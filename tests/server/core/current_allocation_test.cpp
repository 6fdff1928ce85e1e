// SPDX-License-Identifier: Apache-2.0
// What a message of the current protocol takes from the heap once the hub, and a storage in memory,
// have seen enough of them.
#include <array>
#include <string>
#include <string_view>

#include "protocol/leancloud/codec.hpp"
#include "server/dialects/leancloud/leancloud_dialect.hpp"
#include "support/allocations.hpp"
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

using leancloud::Cmd;
using leancloud::Command;
using leancloud::Encoding;
using leancloud::Op;

/// Two peers with two conversations, in protobuf: either speaks in one, and acknowledges ranges of
/// times in the other. They keep only what they have to acknowledge.
class QuietPair final : private core::Output {
 public:
  QuietPair() {
    for (core::ConnectionId i = 0; i < 2; ++i) {
      hub_.connected(i, dialect_, now_);
      Command open = command(Cmd::Session, Op::Open, i);
      open.app_id = "testapp0001";
      open.body.emplace<leancloud::SessionCommand>();
      feed(i, open);
    }
    for (core::ConnectionId i = 0; i < 2; ++i) {
      Command start = command(Cmd::Conv, Op::Start, i);
      auto& conv = start.body.emplace<leancloud::ConvCommand>();
      conv.members = std::span(kNames).subspan(1 - i, 1);
      feed(i, start);
    }
    pass();
  }

  /// A message of each, one behind the other, so that each hears news and a reply in one turn.
  void round() {
    for (core::ConnectionId i = 0; i < 2; ++i) {
      Command say = command(Cmd::Direct, {}, i);
      auto& direct = say.body.emplace<leancloud::DirectCommand>();
      direct.cid = conversations[i];
      direct.msg = kText;
      feed(i, say);
    }
    pass();
    for (core::ConnectionId i = 0; i < 2; ++i) {
      Command heard = command(Cmd::Ack, {}, i);
      auto& ack = heard.body.emplace<leancloud::AckCommand>();
      ack.cid = conversations[1 - i];
      ack.from_time = ack.to_time = heard_[i];
      feed(i, heard);
    }
  }

  std::size_t deliveries{0};
  std::size_t replies{0};
  std::array<std::string, 2> conversations;  ///< by their makers

 private:
  static constexpr std::array<std::string_view, 2> kNames{"alice in the first place",
                                                          "bob in the second place"};
  static constexpr std::string_view kText =
      "a text that is longer than what a string keeps in itself";

  static core::HubOptions options() {
    AppOptions app = testApp();
    app.rates.peer_per_second = app.rates.app_per_second = 0;
    return testHub(app);
  }
  static Command command(Cmd cmd, std::optional<Op> op, core::ConnectionId from) {
    Command made;
    made.cmd = cmd;
    made.op = op;
    made.peer_id = kNames[from];
    if (cmd != Cmd::Ack) made.i = 1;
    return made;
  }

  void feed(core::ConnectionId from, const Command& what) {
    buffer_.clear();
    encoder_.encode(what, Encoding::Protobuf, buffer_);
    const std::size_t size = buffer_.size();
    buffer_.push_back('\0');
    static_cast<void>(hub_.received(from, buffer_.data(), size, now_));
    endTurn();
  }
  void endTurn() {
    do {
      hub_.endTurn(now_);
    } while (storage_->drain(hub_) > 0);
  }
  /// Until what waits for its moment has left.
  void pass() {
    for (int i = 0; i < 3; ++i) {
      now_.mono += base::Millis(5);
      now_.wall += base::Millis(5);
      if (hub_.deadline() <= now_.mono) hub_.timeReached(now_);
      endTurn();
    }
  }

  void write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
             core::FrameForm) override {
    frame_.clear();
    for (const std::string_view part : parts) frame_ += part;
    const auto decoded = decoder_.decode(Encoding::Protobuf, frame_);
    if (!decoded) return;
    if (const auto* direct = decoded->as<leancloud::DirectCommand>()) {
      ++deliveries;
      heard_[to] = direct->timestamp.value();
    }
    if (decoded->as<leancloud::AckCommand>()) ++replies;
    const auto* conv = decoded->as<leancloud::ConvCommand>();
    if (conv && decoded->op == Op::Started) conversations[to] = *conv->cid;
  }
  void close(core::ConnectionId, std::uint16_t, std::string_view) override {}
  void resume(core::ConnectionId) override {}

  std::array<std::int64_t, 2> heard_{};
  std::string buffer_;
  std::string frame_;
  leancloud::Encoder encoder_;
  leancloud::Decoder decoder_;
  base::Instant now_{base::Millis(1000), base::Millis(kStartSeconds * 1000)};
  base::SeededRandom random_{3};
  std::unique_ptr<storage::Storage> storage_ = storage::makeMemoryStorage({});
  dialects::LeancloudDialect dialect_{0, {Encoding::Protobuf, 3}};
  core::Hub hub_{options(), *this, *storage_, random_};
};

TEST_CASE("allocation: a delivered message of the current protocol takes no memory either") {
  QuietPair world;
  REQUIRE(world.conversations[0].size() == 24);
  REQUIRE(world.conversations[1].size() == 24);
  // Until the history is full.
  for (int i = 0; i < 60000; ++i) world.round();
  world.deliveries = world.replies = 0;
  const std::size_t before = allocations();
  for (int i = 0; i < 1000; ++i) world.round();
  CHECK(allocations() - before == 0);
  CHECK(world.deliveries == 2000);
  CHECK(world.replies == 2000);
}

}  // namespace
}  // namespace kith::testing
