// SPDX-License-Identifier: Apache-2.0
#include "base/text_codes.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace {

std::vector<unsigned char> bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST_CASE("text codes: base64url of RFC 4648 §10, without padding") {
  using kith::base::base64url;
  CHECK(base64url(bytes("")).empty());
  CHECK(base64url(bytes("f")) == "Zg");
  CHECK(base64url(bytes("fo")) == "Zm8");
  CHECK(base64url(bytes("foo")) == "Zm9v");
  CHECK(base64url(bytes("foob")) == "Zm9vYg");
  CHECK(base64url(bytes("foobar")) == "Zm9vYmFy");
  CHECK(base64url(bytes("\xFB\xFF\xBF")) == "-_-_");
}

TEST_CASE("text codes: base64 of RFC 4648 §10, with padding") {
  using kith::base::base64;
  CHECK(base64(bytes("")).empty());
  CHECK(base64(bytes("f")) == "Zg==");
  CHECK(base64(bytes("fo")) == "Zm8=");
  CHECK(base64(bytes("foo")) == "Zm9v");
  CHECK(base64(bytes("foob")) == "Zm9vYg==");
  CHECK(base64(bytes("\xFB\xFF\xBF")) == "+/+/");
}

TEST_CASE("text codes: base64 is undone, with its padding and without") {
  const auto read = [](std::string_view text) {
    // Of the exact size, so that a byte too far is seen.
    std::vector<char> out(kith::base::mostBase64Bytes(text.size()));
    const auto size = kith::base::readBase64(text, out.data());
    return size ? std::string(out.data(), *size) : std::string("refused");
  };
  CHECK(read("").empty());
  for (const std::string_view padded : {"Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "+/+/"}) {
    const std::string_view bare = padded.substr(0, padded.find('='));
    const std::string undone = read(padded);
    CHECK(kith::base::base64(bytes(undone)) == padded);
    CHECK(read(bare) == undone);
  }
  CHECK(read("Zm9vYg==") == "foob");
}

TEST_CASE("text codes: what is no base64 is refused") {
  // Cut, padded where nothing is missing or in the middle, with blanks, of another alphabet, and
  // with bits that no byte has.
  for (const std::string_view text :
       {"Z",    "A",       "Zm9vA",    "Zg=",      "Zg===", "=",      "====",
        "Z===", "Zm9v=",   "Zm9v====", "Zg==Zg==", "Zm=v",  "Zm9v\n", " Zg=",
        "-_-_", "Zm9\xff", "Zh==",     "Zm9=",     "Zh",    "Zm9vYh"}) {
    std::vector<char> out(kith::base::mostBase64Bytes(text.size()));
    CAPTURE(text);
    CHECK_FALSE(kith::base::readBase64(text, out.data()).has_value());
  }
  CHECK_FALSE(kith::base::readBase64(std::string_view("Z\0==", 4), std::vector<char>(9).data()));
}

TEST_CASE("text codes: everything but unreserved characters gets a percent sign, and loses it") {
  using kith::base::encodePercent;
  CHECK(encodePercent("Az09-._~") == "Az09-._~");
  CHECK(encodePercent("a b/c?&=#%+") == "a%20b%2Fc%3F%26%3D%23%25%2B");
  CHECK(encodePercent("\xe5\xb0\x8f") == "%E5%B0%8F");
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  std::string decoded;
  CHECK(kith::base::decodePercent(encodePercent(all), false, decoded));
  CHECK(decoded == all);
}

TEST_CASE("text codes: a broken percent sign and a NUL are refused, a plus is a space on request") {
  std::string decoded;
  for (const char* text : {"%", "a%4", "%4g", "%g4", "%+4", "%-4", "% 4", "%0x", "%00", "a%00b"}) {
    CAPTURE(text);
    CHECK_FALSE(kith::base::decodePercent(text, false, decoded));
  }
  CHECK(kith::base::decodePercent("%6a%6A+", false, decoded));
  CHECK(decoded == "jj+");
  CHECK(kith::base::decodePercent("%6a+%2b", true, decoded));
  CHECK(decoded == "j +");
}

TEST_CASE("text codes: hex is lower case with leading zeros") {
  CHECK(kith::base::hex(bytes(std::string_view("\x00\x0F\xAB\xFF", 4))) == "000fabff");
}

TEST_CASE("text codes: ids have the shapes of the service and differ") {
  kith::base::SeededRandom random(7);
  const std::string group = kith::base::makeGroupId(random);
  CHECK(group.size() == 24);
  CHECK(group.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(kith::base::makeNonce(random).size() == 16);
  CHECK(kith::base::makeGroupId(random) != group);
}

}  // namespace
