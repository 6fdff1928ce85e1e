// SPDX-License-Identifier: Apache-2.0
#include "base/redact.hpp"

#include "base/utf8.hpp"
#include "support/catch.hpp"

namespace {

using kith::base::redactUrl;

TEST_CASE("redact: user info, query and fragment leave the URL (R25)") {
  CHECK(redactUrl("https://user:secret@host:1/a/b?token=x#y") == "https://host:1/a/b");
  CHECK(redactUrl("ws://host/?appId=1") == "ws://host/");
  CHECK(redactUrl("ws://host#token") == "ws://host");
  CHECK(redactUrl("wss://host:5799/") == "wss://host:5799/");
}

TEST_CASE("redact: an @ in the path is no user info, two before it are") {
  CHECK(redactUrl("http://host/a@b") == "http://host/a@b");
  CHECK(redactUrl("http://a@b:c@host/x") == "http://host/x");
}

TEST_CASE("redact: what is no URL gives up no secret either") {
  CHECK(redactUrl("user:secret@host") == "host");
  CHECK(redactUrl("?token=x").empty());
  CHECK(redactUrl("").empty());
  CHECK(redactUrl("://user@") == "://");
}

TEST_CASE("redact: a password that was not escaped stays hidden, with the host if need be") {
  for (const std::string url :
       {"ws://tom:se/cret@host", "ws://tom:se?cret@host", "ws://tom:se#cret@host/a",
        "ws://tom:s@e/cret@host", "tom:se/cret@host", "ws://tom:1/se@cret@host"}) {
    CAPTURE(url);
    CHECK(redactUrl(url).find("cret") == std::string::npos);
    CHECK(redactUrl(url).find("se") == std::string::npos);
  }
  CHECK(redactUrl("http://host:80/x?mail=a@b") == "http://host:80/x");
  CHECK(redactUrl("ws://[::1]:80/x?mail=a@b") == "ws://[::1]:80/x");
}

TEST_CASE("redact: words of a stranger are short and one line") {
  using kith::base::cleanWords;
  CHECK(cleanWords("").empty());
  CHECK(cleanWords("plain") == "plain");
  CHECK(cleanWords("busy\r\n\x1b[31mred\x7f") == "busy\\r\\n\\x1b[31mred\\x7f");
  CHECK(cleanWords("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") ==
        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK(cleanWords(std::string(5000, 'x')).size() == 120);
  CHECK(cleanWords(std::string(119, 'x') + "\xc3\xa4") == std::string(119, 'x'));
}

TEST_CASE("redact: a log line is one line, and nothing in it steers a terminal") {
  using kith::base::escapeLine;
  CHECK(escapeLine("usual, with \xc3\xa4").empty());
  CHECK(escapeLine("tom\n2026 error forged") == "tom\\n2026 error forged");
  CHECK(escapeLine("\r\t\x1b[2J\x7f") == "\\r\\t\\x1b[2J\\x7f");
  CHECK(escapeLine(std::string("\0z", 2)) == "\\x00z");
  CHECK(escapeLine("a\xc2\x9bz\xe2\x80\xa9") == "a\\xc2\\x9bz\\xe2\\x80\\xa9");
  CHECK(escapeLine("a\xff\xfe z\xe4\xbd") == "a\\xff\\xfe z\\xe4\\xbd");
}

TEST_CASE("redact: whatever comes in, what comes out is UTF-8") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      if (!kith::base::isUtf8(kith::base::cleanWords(text))) FAIL(first << ' ' << second);
    }
  }
}

}  // namespace
