// SPDX-License-Identifier: Apache-2.0
#include "sign/signer.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using kith::sign::groupText;
using kith::sign::historyText;
using kith::sign::IdOrder;
using kith::sign::sessionText;
using kith::sign::Signer;
using Ids = std::vector<std::string_view>;

constexpr const char* kKey = "mk-0123456789abcdef";
constexpr const char* kApp = "testapp0001";
constexpr const char* kTime = "1412000000";
constexpr const char* kNonce = "n0nce";
constexpr const char* kGroup = "54753e1ee4b0b41b21e0e76e";
constexpr const char* kPrivateUse = "\xEE\x80\x80";  // U+E000
constexpr const char* kEmoji = "\xF0\x9F\x98\x80";   // U+1F600

std::string session(const char* peer, const Ids& ids, const char* nonce = kNonce,
                    const char* suffix = "", IdOrder order = IdOrder::Utf8) {
  return sessionText(kApp, peer, ids, kTime, nonce, suffix, order);
}
std::string group(const char* id, const Ids& ids, const char* action) {
  return groupText(kApp, "alice", id, ids, kTime, kNonce, action);
}

TEST_CASE("signer: the vendor's published vectors P1 and P2 (avos-v1 §10.1)") {
  Signer signer("your-master-key");
  const std::string p1 = sessionText("your-app-id", "1", Ids{"2", "3", "4"}, "1416290728", "85561");
  CHECK(p1 == "your-app-id:1:2:3:4:1416290728:85561");
  CHECK(signer.sign(p1) == "cf4a1b6b55ff87753da4ae7f5dd2c33273108b62");
  const std::string p2 = groupText("your-app-id", "1", "4ad934r23bjhcas", Ids{"2", "3", "4"},
                                   "1416290879", "07995", "join");
  CHECK(p2 == "your-app-id:1:4ad934r23bjhcas:2:3:4:1416290879:07995:join");
  CHECK(signer.sign(p2) == "d31efcdea5d74db8d510ce0e9a4833e9bbc205e3");
}

TEST_CASE("signer: the computed vectors V01 to V16 (avos-v1 §10.2)") {
  const struct {
    const char* name;
    std::string text;
    std::string expected_text;
    const char* hex;
  } rows[] = {
      {"V01", session("alice", {}), "testapp0001:alice::1412000000:n0nce",
       "2ec60279a4b179af09291d6dd66748ef1479ed99"},
      {"V02", session("alice", {"bob"}), "testapp0001:alice:bob:1412000000:n0nce",
       "363c8e9a8d142aed3611b1f26529e33e8ba37774"},
      {"V03", session("alice", {"9", "10", "2"}), "testapp0001:alice:10:2:9:1412000000:n0nce",
       "37794f139860163caf5348c58a6d2913f8aa0783"},
      {"V04", session("alice", {"anna", "Zed", "Bob"}),
       "testapp0001:alice:Bob:Zed:anna:1412000000:n0nce",
       "ab182b34a71a2cec427aa92328b0515411674293"},
      {"V05",
       session("小明",
               {"张三", "z", "李四",
                "\xC3\xA9"
                "a"},
               "随机"),
       "testapp0001:小明:z:\xC3\xA9"
       "a:张三:李四:1412000000:随机",
       "fa2ce6f121589c99d752904dc4999b5fa99edbbb"},
      {"V06", session("admin", {}, kNonce, "sp"), "testapp0001:admin::1412000000:n0nce:sp",
       "9b416a32401d4e1d86a79a24ab5161fd83a3ccb7"},
      {"V07", session("admin", {}, kNonce, "su"), "testapp0001:admin::1412000000:n0nce:su",
       "48988ebc7b635064e3b86df190b01328c582189c"},
      {"V08", session("admin", {"carol", "bob"}, kNonce, "sp"),
       "testapp0001:admin:bob:carol:1412000000:n0nce:sp",
       "9a66d1264e606109bf4be4f853752cbd74f0f7f0"},
      {"V09", group("", {}, "join"), "testapp0001:alice:::1412000000:n0nce:join",
       "87f35fcb8f858d986c7ca76b565bc14a8321b58f"},
      {"V10", group(kGroup, {}, "join"),
       "testapp0001:alice:54753e1ee4b0b41b21e0e76e::1412000000:n0nce:join",
       "9bb5c483afea6ba1a04c7c7dbcab13bde2fc0da3"},
      {"V11", group(kGroup, {"dave", "carol"}, "invite"),
       "testapp0001:alice:54753e1ee4b0b41b21e0e76e:carol:dave:1412000000:n0nce:invite",
       "27a54dd443e3407c850f3ea2adfa2ad2d45a0b25"},
      {"V12", group(kGroup, {"李四", "bob"}, "kick"),
       "testapp0001:alice:54753e1ee4b0b41b21e0e76e:bob:李四:1412000000:n0nce:kick",
       "56c052f4dba8331bf84d91cf385e0ba0956a434c"},
      {"V13", sessionText(kApp, "alice", Ids{"bob"}, "1412000000123", kNonce),
       "testapp0001:alice:bob:1412000000123:n0nce", "9624c11d16aa672ef828407b06a3386ed6758bb3"},
      {"V14", historyText(kApp, "alice", "ed9880ad9bae7f2bd9f978cf6c279fc8", kNonce, kTime),
       "testapp0001:alice:ed9880ad9bae7f2bd9f978cf6c279fc8:n0nce:1412000000",
       "43edbc1b194a469889a42c5220e0c5033f6d4dec"},
      {"V15", session("alice", {kEmoji, kPrivateUse}),
       std::string("testapp0001:alice:") + kPrivateUse + ":" + kEmoji + ":1412000000:n0nce",
       "b1efa1fb83543f9c7037c902fef0885242f9282d"},
      {"V16", session("alice", {kPrivateUse, kEmoji}, kNonce, "", IdOrder::Utf16),
       std::string("testapp0001:alice:") + kEmoji + ":" + kPrivateUse + ":1412000000:n0nce",
       "f500ec8f0594cb4e389771a95b30ec673b283f09"},
  };
  Signer signer(kKey);
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(row.text == row.expected_text);
    CHECK(signer.sign(row.text) == row.hex);
    CHECK(signer.verify(row.text, row.hex));
  }
}

/// UTF-16 code units of valid UTF-8, the slow and plain way.
std::u16string units(std::string_view text) {
  std::u16string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    }
    i += size;
    if (point < 0x10000) {
      out += static_cast<char16_t>(point);
    } else {
      out += static_cast<char16_t>(0xD7C0 + (point >> 10));
      out += static_cast<char16_t>(0xDC00 + (point & 0x3FF));
    }
  }
  return out;
}

TEST_CASE("signer: the second order is that of UTF-16 code units for any mix of ids") {
  Ids ids{"",
          "a",
          "ab",
          "b",
          "z",
          "\xC3\xA9",
          "\xED\x9F\xBF",
          kPrivateUse,
          "\xEF\xBF\xBD",
          kEmoji,
          "\xF0\x90\x80\x80",
          "\xF4\x8F\xBF\xBF",
          "a\xF0\x9F\x98\x80",
          "a\xEE\x80\x80",
          "a\xEE\x80\x80z"};
  Ids expected = ids;
  std::sort(expected.begin(), expected.end(),
            [](std::string_view a, std::string_view b) { return units(a) < units(b); });
  std::string joined;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (i > 0) joined += ':';
    joined.append(expected[i]);
  }
  std::reverse(ids.begin(), ids.end());
  CHECK(sessionText("A", "p", ids, "1", "n", {}, IdOrder::Utf16) == "A:p:" + joined + ":1:n");
}

TEST_CASE("signer: ids are neither trimmed nor made unique") {
  CHECK(sessionText("A", "p", Ids{"b", " b", "b"}, "1", "n") == "A:p: b:b:b:1:n");
}

TEST_CASE("signer: verify takes either case and refuses everything else") {
  Signer signer(kKey);
  const std::string text = session("alice", {"bob"});
  std::string hex = signer.sign(text);
  std::string upper = hex;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  CHECK(signer.verify(text, upper));
  CHECK_FALSE(signer.verify(text, "no"));
  CHECK_FALSE(signer.verify(text, ""));
  CHECK_FALSE(signer.verify(text, hex.substr(1)));
  CHECK_FALSE(signer.verify(text, hex + "0"));
  CHECK_FALSE(signer.verify(text + "x", hex));
  for (std::size_t i = 0; i < hex.size(); ++i) {
    std::string wrong = hex;
    wrong[i] = wrong[i] == '0' ? '1' : '0';
    CHECK_FALSE(signer.verify(text, wrong));
  }
}

TEST_CASE("signer: the kept context gives the same answer every time, also after a move") {
  Signer first(kKey);
  const std::string hex = first.sign("one");
  CHECK(first.sign("two") != hex);
  CHECK(first.sign("one") == hex);
  Signer second(std::move(first));
  CHECK(second.sign("one") == hex);
  first = Signer("another key");
  CHECK(first.sign("one") != hex);
}

TEST_CASE("signer: an empty key and an empty text are legal HMAC") {
  // RFC 2104 with nothing: HMAC_SHA1("", "").
  CHECK(Signer("").sign("") == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

}  // namespace
