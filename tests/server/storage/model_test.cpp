// SPDX-License-Identifier: Apache-2.0
// Thousands of random requests, on either storage, against a plain model of what they mean.
#include "server/storage/storage_walk.hpp"
#include "support/catch.hpp"

namespace kith::storage {

TEST_CASE("model: a random walk is answered as the plainest storage would answer it") {
  const Kind kind = anyKind();
  const unsigned seed = GENERATE(1u, 2u, 3u, 4u);
  CAPTURE(seed);
  Walk walk(kind, seed);
  for (int turn = 0; turn < 150; ++turn) {
    CAPTURE(turn);
    for (int i = 0; i < 10; ++i) walk.step();
    walk.check();
  }
  walk.checkAll();
}

TEST_CASE("model: a database that is opened again answers as if it had never been closed") {
  Walk walk(Kind::Sqlite, 5);
  for (int turn = 0; turn < 60; ++turn) {
    CAPTURE(turn);
    for (int i = 0; i < 10; ++i) walk.step();
    walk.check();
    if (turn % 10 == 9) walk.reopen();
  }
  walk.checkAll();
}

}  // namespace kith::storage
