// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/leancloud/codec.hpp"
#include "protocol/leancloud/commands.hpp"
#include "support/catch.hpp"

namespace kith::leancloud {
namespace {

using testing::bytesOf;
using testing::CommandMaker;
using testing::Decoded;
using testing::isSameCommand;

std::string encode(const Command& command) {
  return testing::encodedAs(Encoding::Protobuf, command);
}

Decoded decode(std::string_view bytes) { return {Encoding::Protobuf, bytes}; }

std::string refusal(std::string_view bytes) { return decode(bytes).refusal(); }

/// Both ways.
void checkGolden(const Command& command, const std::string& bytes) {
  CHECK(encode(command) == bytes);
  const Decoded decoded = decode(bytes);
  REQUIRE(decoded.ok());
  CHECK(isSameCommand(*decoded, command));
}

Command commandOf(Cmd cmd, std::optional<Op> op = {}, Int i = {}) {
  Command command;
  command.cmd = cmd;
  command.op = op;
  command.i = i;
  return command;
}

std::string text(std::string_view value) {
  return static_cast<char>(value.size()) + std::string(value);
}

constexpr std::array<std::string_view, 2> kPair{"a", "bob"};

TEST_CASE("protobuf: a session that is opened begins with the number 0 of its command") {
  Command command = commandOf(Cmd::Session, Op::Open, 1);
  command.app_id = "app";
  command.peer_id = "alice";
  auto& body = command.body.emplace<SessionCommand>();
  body.user_agent = "js/5";
  body.reconnect = true;
  body.config_bitmap = 0xBB;
  checkGolden(command, bytesOf("08 00 10 01 1a") + text("app") + bytesOf("22") + text("alice") +
                           bytesOf("28 01 b2 06 0c 22") + text("js/5") +
                           bytesOf("28 01 98 01 bb 01"));
}

TEST_CASE("protobuf: a command without a body is its scalars") {
  checkGolden(commandOf(Cmd::Echo, {}, 7), bytesOf("08 0e 28 07"));
  checkGolden(commandOf(Cmd::Goaway), bytesOf("08 15"));
  Command command = commandOf(Cmd::Echo);
  command.service = 2;
  command.server_ts = 1733000000000;
  command.notification_type = 1;
  checkGolden(command, bytesOf("08 0e 40 02 48 80 e4 e5 f6 b7 32 58 01"));
}

TEST_CASE("protobuf: a serial below 0 takes ten bytes, as Java counts (§12)") {
  checkGolden(commandOf(Cmd::Echo, {}, -65535), bytesOf("08 0e 28 81 80 fc ff ff ff ff ff ff 01"));
}

TEST_CASE("protobuf: a body without fields is written and told from none") {
  Command command = commandOf(Cmd::Login);
  command.body.emplace<LoginCommand>();
  checkGolden(command, bytesOf("08 08 a2 06 00"));
}

TEST_CASE("protobuf: a message, its acknowledgement and its refusal") {
  Command direct = commandOf(Cmd::Direct);
  auto& message = direct.body.emplace<DirectCommand>();
  message.msg = "hi";
  message.timestamp = 300;
  message.to_peer_ids = kPair;
  message.binary_msg = Bytes{std::string_view("\0\xff", 2)};
  message.conv_type = 1;
  checkGolden(direct, bytesOf("08 02 c2 06 17 0a 02 68 69 20 ac 02 3a 01 61 3a 03 62 6f 62 "
                              "9a 01 02 00 ff b0 01 01"));
  Command ack = commandOf(Cmd::Ack, {}, 3);
  auto& accepted = ack.body.emplace<AckCommand>();
  accepted.time = 5;
  accepted.uid = "m";
  checkGolden(ack, bytesOf("08 03 28 03 ca 06 05 28 05 32 01 6d"));
  Command error = commandOf(Cmd::Error, {}, 1);
  auto& refused = error.body.emplace<ErrorCommand>();
  refused.code = 4112;
  refused.reason = "SESSION_TOKEN_EXPIRED";
  checkGolden(error, bytesOf("08 07 28 01 ba 06 1a 08 90 20 12") + text("SESSION_TOKEN_EXPIRED"));
}

TEST_CASE("protobuf: a conversation with JSON, and who could not be added") {
  Command command = commandOf(Cmd::Conv, Op::Added);
  const std::array<ErrorCommand, 1> failed{{{4304, "F", {}, {}, kPair, {}}}};
  auto& body = command.body.emplace<ConvCommand>();
  body.cid = "c";
  body.failed_pids = failed;
  body.attr_modified = Json{"{}"};
  checkGolden(command, bytesOf("08 01 10 0a f2 06 1b 22 01 63 "
                               "fa 01 0e 08 d0 21 12 01 46 2a 01 61 2a 03 62 6f 62 "
                               "c2 06 04 0a 02 7b 7d"));
}

TEST_CASE("protobuf: what is unread, a page of history and a recall") {
  Command unread = commandOf(Cmd::Unread);
  std::array<UnreadTuple, 1> tuples{};
  tuples[0].cid = "c";
  tuples[0].mentioned = false;
  unread.body.emplace<UnreadCommand>().convs = tuples;
  checkGolden(unread, bytesOf("08 05 d2 06 09 0a 07 0a 01 63 10 00 40 00"));
  Command logs = commandOf(Cmd::Logs);
  std::array<LogItem, 2> items{};
  items[1].msg_id = "m";
  auto& page = logs.body.emplace<LogsCommand>();
  page.direction = Direction::Newer;
  page.logs = items;
  checkGolden(logs, bytesOf("08 06 ea 06 0b 50 02 ca 06 00 ca 06 03 22 01 6d"));
  Command patch = commandOf(Cmd::Patch, Op::Modify);
  std::array<PatchItem, 1> patches{};
  patches[0].recall = true;
  patches[0].patch_code = -4408;
  patch.body.emplace<PatchCommand>().patches = patches;
  checkGolden(patch,
              bytesOf("08 12 10 96 01 92 07 0f 0a 0d 20 01 58 c8 dd ff ff ff ff ff ff ff 01"));
}

TEST_CASE("protobuf: every field of every message survives the way there and back") {
  CommandMaker maker(20261130);
  std::size_t commands = 0;
  eachBody([&]<typename B>() {
    for (const unsigned percent : {0u, 30u, 100u, 100u, 70u}) {
      const Command command = maker.make<B>(percent);
      const std::string bytes = encode(command);
      const Decoded decoded = decode(bytes);
      REQUIRE(decoded.ok());
      CHECK(isSameCommand(*decoded, command));
      CHECK(encode(*decoded) == bytes);
      ++commands;
    }
  });
  CHECK(commands == 18 * 5);
}

TEST_CASE("protobuf: unknown fields of every wire type are skipped, at any depth") {
  const std::string known = bytesOf("08 02 28 07");
  for (const std::string_view unknown : {"60 05", "b8 3e 05", "61 01 02 03 04 05 06 07 08",
                                         "62 02 08 63", "65 01 02 03 04", "f8 ff ff ff 0f 00"}) {
    const std::string field = bytesOf(unknown);
    const Decoded around = decode(field + known + field);
    REQUIRE(around.ok());
    CHECK(around->i == 7);
    // 8 and 9 are no fields of a message.
    const std::string inside = bytesOf("40 01 49 00 00 00 00 00 00 00 00 0a 01 61");
    const Decoded body = decode(known + bytesOf("c2 06") + text(inside));
    REQUIRE(body.ok());
    REQUIRE(body->as<DirectCommand>() != nullptr);
    CHECK(body->as<DirectCommand>()->msg == "a");
  }
}

TEST_CASE("protobuf: a frame that is cut is refused, or ends between two of its fields") {
  CommandMaker maker(7);
  const std::string bytes = encode(maker.make<ConvCommand>(100));
  std::size_t refused = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    refused += refusal(std::string_view(bytes).substr(0, size)).empty() ? 0 : 1;
  }
  // Whole are only beginnings that end before one of the scalars or the body.
  CHECK(bytes.size() - refused == kFieldsOf<Command>);
}

TEST_CASE("protobuf: of a field that comes twice the last one counts, messages included") {
  const Decoded scalars = decode(bytesOf("08 02 28 07 28 08 08 03"));
  REQUIRE(scalars.ok());
  CHECK(scalars->cmd == Cmd::Ack);
  CHECK(scalars->i == 8);
  const Decoded bodies = decode(bytesOf("08 02 c2 06 03 0a 01 61 ca 06 00 c2 06 03 5a 01 63"));
  REQUIRE(bodies.ok());
  REQUIRE(bodies->as<DirectCommand>() != nullptr);
  CHECK_FALSE(bodies->as<DirectCommand>()->msg.has_value());
  CHECK(bodies->as<DirectCommand>()->cid == "c");
  const Decoded inside = decode(bytesOf("08 01 f2 06 0c d2 01 03 0a 01 61 d2 01 03 12 01 62"));
  REQUIRE(inside.ok());
  CHECK_FALSE(inside->as<ConvCommand>()->info->pid.has_value());
  CHECK(inside->as<ConvCommand>()->info->role == "b");
}

TEST_CASE("protobuf: numbers without a name stay what they are") {
  const Decoded command = decode(bytesOf("08 e7 07 10 e8 07"));
  REQUIRE(command.ok());
  CHECK(static_cast<int>(command->cmd) == 999);
  REQUIRE(command->op.has_value());
  CHECK(static_cast<int>(*command->op) == 1000);
  CHECK(nameOf(command->cmd).empty());
  CHECK(encode(*command) == bytesOf("08 e7 07 10 e8 07"));
}

TEST_CASE("protobuf: a number in 32 bits is cut to them, a flag is anything but 0") {
  const Decoded command = decode(bytesOf("08 02 28 81 80 80 80 10 c2 06 06 28 80 80 80 80 10"));
  REQUIRE(command.ok());
  CHECK(command->i == 1);
  CHECK(command->as<DirectCommand>()->offline == true);
}

TEST_CASE("protobuf: a known field with another wire type is refused by name") {
  CHECK(refusal(bytesOf("0a 00")) ==
        "frame: Command.cmd has the wire type of another kind of value (byte 1)");
  CHECK(refusal(bytesOf("08 02 18 01")) ==
        "frame: Command.appId has the wire type of another kind of value (byte 3)");
  CHECK(refusal(bytesOf("08 02 c0 06 01")) ==
        "frame: Command.directMessage has the wire type of another kind of value (byte 4)");
  CHECK(refusal(bytesOf("08 02 c2 06 02 08 01")) ==
        "frame: DirectCommand.msg has the wire type of another kind of value (byte 6)");
  // A list of numbers may be packed in proto2; there is none in this schema, and no list of texts.
  CHECK(refusal(bytesOf("08 02 c2 06 03 3d 00 00")) ==
        "frame: DirectCommand.toPeerIds has the wire type of another kind of value (byte 6)");
}

TEST_CASE("protobuf: groups and wire types that do not exist are refused") {
  for (const std::string_view tag : {"63", "64", "66", "67"}) {
    CHECK(refusal(bytesOf("08 02") + bytesOf(tag)) ==
          "frame: Command.unknown field has a group, or a wire type that does not exist (byte 3)");
  }
}

TEST_CASE("protobuf: field numbers that cannot be are refused") {
  CHECK(refusal(bytesOf("08 02 00 01")) == "frame: Command.tag is no number of a field (byte 3)");
  CHECK(refusal(bytesOf("08 02 80 80 80 80 10 01")) ==
        "frame: Command.tag is no number of a field (byte 7)");
}

TEST_CASE("protobuf: a number ends within ten bytes and 64 bits") {
  CHECK(refusal(bytesOf("08 ff ff ff ff ff ff ff ff ff 02")) ==
        "frame: Command.cmd has a number of more than 64 bits (byte 11)");
  CHECK(refusal(bytesOf("08 80 80 80 80 80 80 80 80 80 80 01")) ==
        "frame: Command.cmd has a number of more than 64 bits (byte 11)");
  CHECK(refusal(bytesOf("08 80")) == "frame: Command.cmd ends inside of a number (byte 2)");
  // Bytes more than it needs are nothing wrong.
  CHECK(refusal(bytesOf("08 82 80 80 00")).empty());
}

TEST_CASE("protobuf: nothing is longer than what it is in") {
  CHECK(refusal(bytesOf("08 02 1a 05 61")) ==
        "frame: Command.appId is longer than what it is in (byte 4)");
  CHECK(refusal(bytesOf("08 02 1a ff ff ff ff ff ff ff ff ff 01")) ==
        "frame: Command.appId is longer than what it is in (byte 13)");
  // The text would end inside of the frame, but not of its body.
  CHECK(refusal(bytesOf("08 02 c2 06 02 0a 02 28 07")) ==
        "frame: DirectCommand.msg is longer than what it is in (byte 7)");
  CHECK(refusal(bytesOf("08 02 61 00")) ==
        "frame: Command.unknown field has a field that ends beyond it (byte 3)");
}

TEST_CASE("protobuf: what the schema requires is asked for by name") {
  CHECK(refusal("") == "frame: Command.cmd is missing (byte 0)");
  CHECK(refusal(bytesOf("10 01")) == "frame: Command.cmd is missing (byte 2)");
  CHECK(refusal(bytesOf("08 ff ff ff ff ff ff ff ff ff 01")) ==
        "frame: Command.cmd is no command (byte 0)");
  CHECK(refusal(bytesOf("08 07 ba 06 02 08 01")) ==
        "frame: ErrorCommand.reason is missing (byte 7)");
  CHECK(refusal(bytesOf("08 05 d2 06 04 0a 02 10 01")) ==
        "frame: UnreadTuple.cid is missing (byte 9)");
  CHECK(refusal(bytesOf("08 01 f2 06 03 c2 06 00")) == "frame: Json.data is missing (byte 8)");
  CHECK(refusal(bytesOf("08 0b da 06 02 1a 00")) == "frame: ReadTuple.cid is missing (byte 7)");
}

TEST_CASE("protobuf: texts are UTF-8, bytes need not be") {
  CHECK(refusal(bytesOf("08 02 c2 06 03 0a 01 ff")) ==
        "frame: DirectCommand.msg is not UTF-8 (byte 7)");
  CHECK(refusal(bytesOf("08 02 c2 06 03 5a 01 ff")) ==
        "frame: DirectCommand.cid is not UTF-8 (byte 7)");
  CHECK(refusal(bytesOf("08 02 c2 06 05 3a 03 ed a0 80")) ==
        "frame: DirectCommand.toPeerIds is not UTF-8 (byte 7)");
  CHECK(refusal(bytesOf("08 02 c2 06 04 9a 01 01 ff")).empty());
}

TEST_CASE("protobuf: half of an emoji becomes U+FFFD where people read it, and nowhere else") {
  // JavaScript's encoders write a lone surrogate as three bytes that are no UTF-8.
  const Decoded decoded = decode(bytesOf("08 02 c2 06 07 0a 05 61 ed a0 bd 62"));
  REQUIRE(decoded.ok());
  CHECK(decoded->as<DirectCommand>()->msg ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(refusal(bytesOf("08 02 c2 06 07 0a 05 61 ed a0 bd ff")) ==
        "frame: DirectCommand.msg is not UTF-8 (byte 7)");
  CHECK(refusal(bytesOf("08 02 c2 06 07 5a 05 61 ed a0 bd 62")) ==
        "frame: DirectCommand.cid is not UTF-8 (byte 7)");
}

TEST_CASE("protobuf: the lists of a frame have so many elements together and no more") {
  const auto frameOf = [](std::size_t elements) {
    // Two lists of a conversation, element by element in turn.
    std::vector<std::string_view> half(elements / 2);
    Command command = commandOf(Cmd::Conv);
    auto& body = command.body.emplace<ConvCommand>();
    body.members = half;
    std::vector<std::string_view> rest(elements - half.size());
    body.cids = rest;
    return encode(command);
  };
  CHECK(refusal(frameOf(kListElements)).empty());
  CHECK(refusal(frameOf(kListElements + 1))
            .find("ConvCommand.cids has, with the other lists, more than 16384 elements") !=
        std::string::npos);
}

TEST_CASE("protobuf: nesting that the schema does not know costs no depth") {
  std::string nested = bytesOf("62 00");
  while (nested.size() < 100000) {
    std::string length;
    for (std::size_t size = nested.size(); true; size >>= 7) {
      length += static_cast<char>((size & 0x7Fu) | (size > 0x7F ? 0x80u : 0u));
      if (size <= 0x7F) break;
    }
    nested = bytesOf("62") + length + nested;
  }
  CHECK(refusal(bytesOf("08 0e") + nested).empty());
}

TEST_CASE("protobuf: any change of a byte gives a command or a sentence") {
  CommandMaker maker(11);
  std::mt19937_64 random(12);
  eachBody([&]<typename B>() {
    const std::string bytes = encode(maker.make<B>(100));
    for (int round = 0; round < 200; ++round) {
      std::string damaged = bytes;
      for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      const std::vector<char> frame(damaged.begin(), damaged.end());
      const Decoded command = decode({frame.data(), frame.size()});
      if (!command.ok()) {
        REQUIRE_FALSE(command.refusal().empty());
        continue;
      }
      const std::string again = encode(*command);
      const Decoded decoded = decode(again);
      REQUIRE(decoded.ok());
      REQUIRE(isSameCommand(*decoded, *command));
    }
  });
}

}  // namespace
}  // namespace kith::leancloud
