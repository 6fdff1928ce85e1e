// SPDX-License-Identifier: Apache-2.0
#include "client/ops.hpp"

#include "support/catch.hpp"

using namespace kith::client;

TEST_CASE("ops: an operation is taken once") {
  OpTable ops;
  const auto id = ops.add(CallOp{nullptr, "watch", {}});
  CHECK(id != 0);
  CHECK(std::holds_alternative<CallOp>(ops.take(id)));
  CHECK(std::holds_alternative<std::monostate>(ops.take(id)));
}

TEST_CASE("ops: nobody waits for 0 or for a made-up id") {
  OpTable ops;
  CHECK(std::holds_alternative<std::monostate>(ops.take(0)));
  CHECK(std::holds_alternative<std::monostate>(ops.take(12345)));
}

TEST_CASE("ops: a slot that is used again has another name") {
  OpTable ops;
  const auto first = ops.add(CallOp{});
  ops.take(first);
  const auto second = ops.add(CloseOp{});
  CHECK(second != first);
  CHECK(std::holds_alternative<std::monostate>(ops.take(first)));
  CHECK(std::holds_alternative<CloseOp>(ops.take(second)));
}
