// SPDX-License-Identifier: Apache-2.0
#include "sign/secret.hpp"

#include <algorithm>
#include <string>

#include "support/catch.hpp"

namespace {

using kith::sign::sameSecret;

TEST_CASE("secret: only the same text is the same, and an empty one never is") {
  CHECK(sameSecret("key", "key"));
  for (const std::string other : {"", "ke", "keys", "kex", "Key", "xey"}) {
    CHECK_FALSE(sameSecret(other, "key"));
  }
  CHECK_FALSE(sameSecret("", ""));
  CHECK_FALSE(sameSecret(std::string("ke\0y", 4), "key"));
}

TEST_CASE("secret: wipe overwrites the bytes where they are") {
  std::string key(64, 'k');
  const char* bytes = key.data();
  kith::sign::wipe(key);
  CHECK(key.empty());
  // Still within its capacity.
  CHECK(std::all_of(bytes, bytes + 64, [](char c) { return c == '\0'; }));
}

}  // namespace
