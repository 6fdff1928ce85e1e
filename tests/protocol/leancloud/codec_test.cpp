// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/codec.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/leancloud/commands.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace kith::leancloud {
namespace {

using kith::testing::allocations;
using testing::bytesOf;
using testing::CommandMaker;
using testing::Decoded;
using testing::encodedAs;
using testing::isSameCommand;

constexpr std::array kEncodings{Encoding::Protobuf, Encoding::Base64, Encoding::Json};

TEST_CASE("codec: a subprotocol names an encoding and a mode") {
  const auto protobuf = parseSubprotocol("lc.protobuf2.3");
  REQUIRE(protobuf.has_value());
  CHECK(protobuf->encoding == Encoding::Protobuf);
  CHECK(protobuf->mode == 3);
  CHECK(protobuf->isBinary());
  const auto base64 = parseSubprotocol("lc.proto2base64.1");
  REQUIRE(base64.has_value());
  CHECK(base64->encoding == Encoding::Base64);
  CHECK(base64->mode == 1);
  CHECK_FALSE(base64->isBinary());
  const auto json = parseSubprotocol("lc.json.2");
  REQUIRE(json.has_value());
  CHECK(json->encoding == Encoding::Json);
  CHECK(json->mode == 2);
  CHECK_FALSE(json->isBinary());
  for (const std::string_view name :
       {"", "lc", "lc.json", "lc.json.", "lc.json.0", "lc.json.4", "lc.json.33", "lc.json.x",
        "lc.protobuf.3", "LC.json.3", "lc.json.3 ", " lc.json.3", "lc.protobuf2.3.1", "kith"}) {
    CAPTURE(name);
    CHECK_FALSE(parseSubprotocol(name).has_value());
  }
}

TEST_CASE("codec: base64 is of the bytes of protobuf, with or without its padding") {
  Command command;
  command.cmd = Cmd::Echo;
  command.i = 7;
  CHECK(encodedAs(Encoding::Base64, command) == "CA4oBw==");
  for (const std::string_view text : {"CA4oBw==", "CA4oBw"}) {
    const Decoded decoded(Encoding::Base64, text);
    REQUIRE(decoded.ok());
    CHECK(isSameCommand(*decoded, command));
  }
  CHECK(Decoded(Encoding::Base64, "CA4oBw=").refusal() == "frame is not base64 (byte 0)");
  CHECK(Decoded(Encoding::Base64, "CA4o Bw==").refusal() == "frame is not base64 (byte 0)");
  CHECK(Decoded(Encoding::Base64, "").refusal() == "frame: Command.cmd is missing (byte 0)");
  CHECK(Decoded(Encoding::Base64, "CA4oBw==CA4oBw==").refusal() == "frame is not base64 (byte 0)");
}

TEST_CASE("codec: every message survives base64") {
  CommandMaker maker(3);
  eachBody([&]<typename B>() {
    const Command command = maker.make<B>(60);
    const std::string text = encodedAs(Encoding::Base64, command);
    const Decoded decoded(Encoding::Base64, text);
    REQUIRE(decoded.ok());
    CHECK(isSameCommand(*decoded, command));
  });
}

TEST_CASE("codec: a frame for many is completed for each receiver") {
  CommandMaker maker(5);
  Encoder encoder;
  eachBody([&]<typename B>() {
    for (const Encoding encoding : kEncodings) {
      Command command = maker.make<B>(60);
      command.peer_id = "somebody else";
      std::string shared("what was there before");
      encoder.encodeShared(command, encoding, shared);
      for (const std::string_view peer : {"bob", "\"quoted\""}) {
        std::string frame;
        encoder.complete(shared, encoding, peer, frame);
        const Decoded decoded(encoding, frame);
        CAPTURE(frame);
        REQUIRE(decoded.refusal().empty());
        command.peer_id = peer;
        CHECK(isSameCommand(*decoded, command));
      }
    }
  });
}

TEST_CASE("codec: frames are appended") {
  Command command;
  command.cmd = Cmd::Goaway;
  Encoder encoder;
  std::string out("x");
  for (const Encoding encoding : kEncodings) encoder.encode(command, encoding, out);
  CHECK(out == "x" + bytesOf("08 15") + "CBU=" + R"({"cmd":"goaway"})");
}

TEST_CASE("codec: a warm decoder and encoder take no memory per frame") {
  std::vector<std::pair<Encoding, std::string>> frames;
  CommandMaker maker(1);
  eachBody([&]<typename B>() {
    for (const Encoding encoding : kEncodings) {
      frames.emplace_back(encoding, encodedAs(encoding, maker.make<B>(100)));
    }
  });
  Decoder decoder;
  Encoder encoder;
  std::string out;
  std::string shared;
  std::size_t decoded = 0;
  const auto round = [&] {
    for (const auto& [encoding, frame] : frames) {
      const Result<Command> command = decoder.decode(encoding, frame);
      if (!command) continue;
      ++decoded;
      out.clear();
      encoder.encode(*command, encoding, out);
      encoder.encodeShared(*command, encoding, shared);
      encoder.complete(shared, encoding, "bob", out);
    }
  };
  round();
  round();
  const std::size_t before = allocations();
  for (int i = 0; i < 50; ++i) round();
  CHECK(allocations() - before == 0);
  CHECK(decoded == 52 * frames.size());
}

TEST_CASE("codec: a decoder that refused a frame reads the next one") {
  Decoder decoder;
  for (int i = 0; i < 3; ++i) {
    const auto cut = decoder.decode(Encoding::Json, "{");
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.error().detail == "frame is not JSON (byte 1)");
    const auto json = decoder.decode(Encoding::Json, R"({"cmd":"echo"})");
    CHECK(json.ok());
    const auto empty = decoder.decode(Encoding::Protobuf, "");
    REQUIRE_FALSE(empty.ok());
    CHECK(empty.error().detail == "frame: Command.cmd is missing (byte 0)");
    const std::string echo = bytesOf("08 0e");
    CHECK(decoder.decode(Encoding::Protobuf, echo).ok());
  }
}

TEST_CASE("codec: both can be moved") {
  Decoder decoder;
  Decoder moved = std::move(decoder);
  CHECK(moved.decode(Encoding::Json, "{}").ok());
  Encoder encoder;
  Encoder also = std::move(encoder);
  std::string out;
  also.encode(Command{}, Encoding::Json, out);
  CHECK(out == "{}");
}

}  // namespace
}  // namespace kith::leancloud
