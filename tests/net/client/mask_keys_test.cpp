// SPDX-License-Identifier: Apache-2.0
#include "net/client/mask_keys.hpp"

#include <set>

#include "support/catch.hpp"

TEST_CASE("mask_keys: keys do not repeat") {
  kith::net::MaskKeys keys;
  std::set<kith::ws::MaskKey> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(keys.next());
  CHECK(seen.size() > 990);
}
