// SPDX-License-Identifier: Apache-2.0
#include "server/core/nonce_cache.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::core {
namespace {

using base::Millis;

std::string signature(int number) {
  std::string digits = std::to_string(number);
  return std::string(40 - digits.size(), '0') + digits;
}

TEST_CASE("nonce cache: a signature passes once while it is valid") {
  NonceCache cache(10);
  CHECK(cache.accept(signature(1), Millis(100), Millis(0)));
  CHECK_FALSE(cache.accept(signature(1), Millis(100), Millis(50)));
  CHECK(cache.accept(signature(2), Millis(100), Millis(50)));
  CHECK(cache.accept(signature(1), Millis(300), Millis(200)));
}

TEST_CASE("nonce cache: with a smaller size the oldest are forgotten, with a larger one none") {
  NonceCache cache(3);
  for (int i = 1; i <= 3; ++i) CHECK(cache.accept(signature(i), Millis(100), Millis(0)));
  cache.setCapacity(2);
  CHECK(cache.size() == 2);
  CHECK_FALSE(cache.accept(signature(2), Millis(100), Millis(0)));
  CHECK_FALSE(cache.accept(signature(3), Millis(100), Millis(0)));
  cache.setCapacity(3);
  CHECK(cache.accept(signature(4), Millis(100), Millis(0)));
  CHECK_FALSE(cache.accept(signature(2), Millis(100), Millis(0)));
}

TEST_CASE("nonce cache: in the last millisecond of its window a signature is still remembered") {
  NonceCache cache(10);
  CHECK(cache.accept(signature(1), Millis(100), Millis(0)));
  CHECK_FALSE(cache.accept(signature(1), Millis(100), Millis(100)));
  CHECK(cache.accept(signature(2), Millis(300), Millis(101)));
  CHECK(cache.size() == 1);
}

TEST_CASE("nonce cache: one is remembered for its time, whatever the others' times are") {
  NonceCache cache(10);
  CHECK(cache.accept(signature(1), Millis(300), Millis(0)));
  CHECK(cache.accept(signature(2), Millis(100), Millis(0)));
  CHECK(cache.accept(signature(3), Millis(400), Millis(0)));
  CHECK_FALSE(cache.accept(signature(1), Millis(300), Millis(150)));
  CHECK_FALSE(cache.accept(signature(3), Millis(400), Millis(350)));
  NonceCache falling(10);
  CHECK(falling.accept(signature(1), Millis(300), Millis(0)));
  CHECK(falling.accept(signature(2), Millis(100), Millis(0)));
  CHECK_FALSE(falling.accept(signature(1), Millis(300), Millis(150)));
}

TEST_CASE("nonce cache: upper and lower case are one signature") {
  NonceCache cache(10);
  const std::string zeros(36, '0');
  CHECK(cache.accept(zeros + "abcd", Millis(100), Millis(0)));
  CHECK_FALSE(cache.accept(zeros + "ABCD", Millis(100), Millis(0)));
}

TEST_CASE("nonce cache: it stays within its bound, the oldest is forgotten") {
  NonceCache cache(3);
  for (int i = 0; i < 100; ++i) CHECK(cache.accept(signature(i), Millis(100), Millis(0)));
  CHECK(cache.size() == 3);
  CHECK_FALSE(cache.accept(signature(99), Millis(100), Millis(0)));
  CHECK(cache.accept(signature(1), Millis(100), Millis(0)));
}

TEST_CASE("nonce cache: without room everything passes") {
  NonceCache cache(0);
  CHECK(cache.accept(signature(1), Millis(100), Millis(0)));
  CHECK(cache.accept(signature(1), Millis(100), Millis(0)));
}

}  // namespace
}  // namespace kith::core
