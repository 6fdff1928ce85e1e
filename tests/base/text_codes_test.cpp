// SPDX-License-Identifier: Apache-2.0
#include "base/text_codes.hpp"

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

TEST_CASE("text codes: hex is lower case with leading zeros") {
  CHECK(kith::base::hex(bytes(std::string_view("\x00\x0F\xAB\xFF", 4))) == "000fabff");
}

TEST_CASE("text codes: ids have the shapes of the service and differ") {
  kith::base::SeededRandom random(7);
  const std::string message = kith::base::makeMessageId(random);
  const std::string group = kith::base::makeGroupId(random);
  CHECK(message.size() == 22);
  CHECK(group.size() == 24);
  CHECK(group.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(kith::base::makeNonce(random).size() == 16);
  CHECK(kith::base::makeMessageId(random) != message);
}

}  // namespace
