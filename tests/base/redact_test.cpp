// SPDX-License-Identifier: Apache-2.0
#include "base/redact.hpp"

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

}  // namespace
