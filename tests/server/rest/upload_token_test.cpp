// SPDX-License-Identifier: Apache-2.0
#include "server/rest/upload_token.hpp"

#include "support/catch.hpp"

using namespace kith;
using namespace kith::rest;

TEST_CASE("upload token: it is good for its file and its time") {
  const base::Millis now(1412000000000);
  const std::string token = makeUploadToken("app", "master", "f1", now + kUploadTime);
  CHECK(readUploadToken(token, "app", "master", now) == "f1");
  CHECK(readUploadToken(token, "app", "master", now + kUploadTime - base::Millis(1)) == "f1");
  CHECK_FALSE(readUploadToken(token, "app", "master", now + kUploadTime));
  CHECK_FALSE(readUploadToken(token, "app2", "master", now));
  CHECK_FALSE(readUploadToken(token, "app", "master2", now));
  CHECK_FALSE(readUploadToken("f2" + token.substr(2), "app", "master", now));
  for (const char* none : {"", "-", "--", "f1", "f1-1412003600000", "f1-x-y"}) {
    CHECK_FALSE(readUploadToken(none, "app", "master", now));
  }
}
