// SPDX-License-Identifier: Apache-2.0
#include "base/url.hpp"

#include <string>

#include "support/catch.hpp"

namespace {

using kith::Errc;
using kith::base::formatHostPort;
using kith::base::formatUrl;
using kith::base::HostPort;
using kith::base::parseHostPort;
using kith::base::parseUrl;
using kith::base::Url;

TEST_CASE("url: the parts of a good one") {
  CHECK(parseUrl("ws://chat.example.com", "server").value() ==
        Url{"ws", "chat.example.com", 80, "/"});
  CHECK(parseUrl("wss://chat.example.com/", "server").value() ==
        Url{"wss", "chat.example.com", 443, "/"});
  CHECK(parseUrl("HTTPS://Chat.Example.COM:8443/a/B?c=d", "server").value() ==
        Url{"https", "chat.example.com", 8443, "/a/B?c=d"});
  CHECK(parseUrl("http://h?x=1", "server").value() == Url{"http", "h", 80, "/?x=1"});
  CHECK(parseUrl("ws://[::1]:7700/", "server").value() == Url{"ws", "::1", 7700, "/"});
  CHECK(parseUrl("ws://[2001:DB8::ffff:1.2.3.4]", "server").value() ==
        Url{"ws", "2001:db8::ffff:1.2.3.4", 80, "/"});
  CHECK(parseUrl("wss://h", "x").value().tls());
  CHECK(parseUrl("https://h", "x").value().tls());
  CHECK_FALSE(parseUrl("ws://h", "x").value().tls());
}

TEST_CASE("url: formatting gives back what was parsed, without the scheme's own port") {
  for (const char* text : {"ws://h/", "wss://h:8443/a?b", "http://[::1]:7700/", "https://h/x"}) {
    CHECK(formatUrl(parseUrl(text, "x").value()) == text);
  }
  CHECK(formatUrl(parseUrl("ws://h:80", "x").value()) == "ws://h/");
  CHECK(formatUrl(parseUrl("ws://[::1]", "x").value()) == "ws://[::1]/");
}

TEST_CASE("url: a bad one is refused with what is wrong") {
  const struct {
    const char* text;
    const char* why;
  } rows[] = {
      {"", "must begin with ws:// or wss://"},
      {"example.com:80", "must begin with ws:// or wss://"},
      {"http://h", "must begin with ws:// or wss://"},
      {"ws:/h", "must begin with"},
      {"ws://", "has no host"},
      {"ws:///path", "has no host"},
      {"ws://:80", "has no host"},
      {"ws://h:", "without a port"},
      {"ws://h:0", "port from 1 to 65535"},
      {"ws://h:65536", "port from 1 to 65535"},
      {"ws://h:8o", "port from 1 to 65535"},
      {"ws://h:-1", "port from 1 to 65535"},
      {"ws://h:+1", "port from 1 to 65535"},
      {"ws://::1:80", "in brackets"},
      {"ws://[::1", "'[' without ']'"},
      {"ws://[::1]x", "between ']' and the port"},
      {"ws://[::1]:", "without a port"},
      {"ws://[1.2.3.4]", "no IPv6 address"},
      {"ws://[::g]", "no IPv6 address"},
      {"ws://a b", "space"},
      {"ws://h/\n", "control character"},
      {"ws://\xC3\xA9", "non-ASCII"},
      {"ws://h!", "no host name has"},
      {"ws://h/#x", "'#'"},
      {"ws://u:p@h", "user name"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto result = parseUrl(row.text, "Options::server", {"ws", "wss"});
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::InvalidArgument);
    CHECK(result.error().detail.find("Options::server") == 0);
    CHECK(result.error().detail.find(row.why) != std::string::npos);
  }
}

TEST_CASE("url: the error does not quote passwords and tokens (R25)") {
  for (const char* text : {"ws://u:secret@h", "ftp://u:secret@h/?secret", "ws://h/?secret#",
                           "ws://h:x/?secret", "secret@h", "ws://u:secret @h"}) {
    CAPTURE(text);
    CHECK(parseUrl(text, "x").error().detail.find("secret") == std::string::npos);
  }
}

TEST_CASE("url: what lies below an address comes behind its path and its query") {
  const struct {
    const char* url;
    const char* below;
  } rows[] = {{"http://h", "http://h/x"},
              {"http://h/", "http://h/x"},
              {"http://h//", "http://h/x"},
              {"https://h:8443/a/b", "https://h:8443/a/b/x"},
              {"http://h/a/?k=1/", "http://h/a/x?k=1/"},
              {"http://h?k=1", "http://h/x?k=1"},
              {"http://h/a?", "http://h/a/x"}};
  for (const auto& row : rows) {
    CAPTURE(row.url);
    const Url url = parseUrl(row.url, "x").value();
    CHECK(urlBelow(url, "/x") == row.below);
    const std::string more = urlBelow(url, "/x", "a=b&c=d");
    const bool has_query = std::string_view(row.below).find('?') != std::string_view::npos;
    CHECK(more == row.below + std::string(has_query ? "&" : "?") + "a=b&c=d");
  }
  CHECK(pathOf(parseUrl("ws://h", "x").value()).empty());
  CHECK(pathOf(parseUrl("ws://h/a//?b/", "x").value()) == "/a");
}

TEST_CASE("url: host and port to listen on") {
  CHECK(parseHostPort("127.0.0.1:7700", "--listen").value() == HostPort{"127.0.0.1", 7700});
  CHECK(parseHostPort("[::1]:0", "--listen").value() == HostPort{"::1", 0});
  CHECK(formatHostPort("::1", 0) == "[::1]:0");
  CHECK(formatHostPort("127.0.0.1", 7700) == "127.0.0.1:7700");
  for (const char* text : {"", "7700", ":7700", "127.0.0.1", "127.0.0.1:", "h:65536", "h:7x",
                           "::1:7700", "[::1]", "[h]:1", "h 1:2"}) {
    CAPTURE(text);
    const auto result = parseHostPort(text, "--listen");
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::InvalidArgument);
    CHECK(result.error().detail.find("--listen") == 0);
  }
}

}  // namespace
