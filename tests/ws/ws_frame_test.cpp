// SPDX-License-Identifier: Apache-2.0
#include "ws/ws_frame.hpp"

#include <string>

#include "support/catch.hpp"

using namespace kith::ws;

namespace {

unsigned char at(const std::string& bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes.at(i));
}

}  // namespace

TEST_CASE("ws_frame: a server's frame has the shortest length form and no mask") {
  struct Row {
    std::size_t payload, header;
    unsigned second;
  };
  for (const Row row : {Row{0, 2, 0}, Row{1, 2, 1}, Row{125, 2, 125}, Row{126, 4, 126},
                        Row{65535, 4, 126}, Row{65536, 10, 127}, Row{200000, 10, 127}}) {
    CAPTURE(row.payload);
    std::string out = "before";
    const std::string payload(row.payload, 'x');
    appendFrame(out, Opcode::Text, payload);
    REQUIRE(out.size() == 6 + row.header + row.payload);
    CHECK(frameHeaderSize(row.payload, false) == row.header);
    CHECK(at(out, 6) == 0x81);
    CHECK(at(out, 7) == row.second);
    std::size_t length = row.second < 126 ? row.second : 0;
    for (std::size_t i = 2; i < row.header; ++i) length = length << 8 | at(out, 6 + i);
    CHECK(length == row.payload);
    CHECK(out.substr(6 + row.header) == payload);
  }
}

TEST_CASE("ws_frame: a client's frame carries its key and the payload masked with it") {
  const MaskKey key{0x11, 0x22, 0xF3, 0x84};
  for (const std::size_t size : {0u, 1u, 3u, 4u, 7u, 8u, 9u, 125u, 126u, 1001u, 65535u, 65536u}) {
    CAPTURE(size);
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload.push_back(static_cast<char>(i * 7));
    std::string out;
    appendMaskedFrame(out, Opcode::Binary, payload, key);
    const std::size_t header = frameHeaderSize(size, true);
    REQUIRE(out.size() == header + size);
    CHECK(at(out, 0) == 0x82);
    CHECK((at(out, 1) & 0x80) != 0);
    for (std::size_t i = 0; i < 4; ++i) CHECK(at(out, header - 4 + i) == key[i]);
    bool same = true;
    for (std::size_t i = 0; i < size; ++i) {
      same = same && (at(out, header + i) ^ key[i & 3]) == static_cast<unsigned char>(payload[i]);
    }
    CHECK(same);
  }
}

TEST_CASE("ws_frame: the example of RFC 6455 section 5.7 comes out byte for byte") {
  std::string out;
  appendMaskedFrame(out, Opcode::Text, "Hello", {0x37, 0xfa, 0x21, 0x3d});
  CHECK(out == "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST_CASE("ws_frame: a close payload keeps code and reason, cut between characters") {
  CHECK(formatClosePayload(0, "nothing").empty());
  CHECK(formatClosePayload(4100, "APP_NOT_AVAILABLE") ==
        "\x10\x04"
        "APP_NOT_AVAILABLE");
  CHECK(parseClosePayload(formatClosePayload(1000, "bye")) == CloseWords{1000, "bye"});
  CHECK(parseClosePayload("") == CloseWords{0, ""});
  CHECK(parseClosePayload("x") == CloseWords{0, ""});
  const std::string long_reason = std::string(122, 'a') + "\xC3\xA9" + "b";
  CHECK(formatClosePayload(4102, long_reason).size() == 124);
}

TEST_CASE("ws_frame: a close code that libwebsockets rewrites survives in the reason") {
  std::string payload = formatClosePayload(1013, "too slow");
  CHECK(parseClosePayload(payload) == CloseWords{1013, "too slow"});
  payload[1] = '\xEA';  // what libwebsockets makes of it: 1002
  CHECK(parseClosePayload(payload) == CloseWords{1013, "too slow"});
  CHECK(parseClosePayload(formatClosePayload(1002, "bad frame")) == CloseWords{1002, "bad frame"});
  CHECK(parseClosePayload(formatClosePayload(4102, "1013 no")) == CloseWords{4102, "1013 no"});
}

TEST_CASE(
    "ws_frame: in a close frame half a code and a reason that is no text are faults, with their "
    "codes") {
  CHECK(faultOfClosePayload("") == 0);
  CHECK(faultOfClosePayload("\x03") == 1002);
  CHECK(faultOfClosePayload("\x03\xe8") == 0);
  CHECK(faultOfClosePayload("\x03\xe8gr\xc3\xbc\xc3\x9f") == 0);
  CHECK(faultOfClosePayload("\x03\xe8gr\xfc") == 1007);
}

TEST_CASE("ws_frame: a close code that must not be on the wire is a fault") {
  const auto fault = [](int code) {
    return faultOfClosePayload(std::string{static_cast<char>(code >> 8), static_cast<char>(code)});
  };
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999}) CHECK(fault(code) == 1002);
  for (const int code : {1000, 1003, 1007, 1014, 3000, 4108, 5000}) CHECK(fault(code) == 0);
}

TEST_CASE("ws_frame: the reason of a close frame cannot forge a line of a log") {
  const CloseWords words = parseClosePayload("\x03\xe8 bye\r\nerror: all is lost\xff");
  CHECK(words == CloseWords{1000, " bye\\r\\nerror: all is lost\\xff"});
}
