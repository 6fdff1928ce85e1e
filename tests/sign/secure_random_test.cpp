// SPDX-License-Identifier: Apache-2.0
#include "sign/secure_random.hpp"

#include <set>
#include <string>
#include <vector>

#include "base/text_codes.hpp"
#include "support/catch.hpp"

namespace {

TEST_CASE("secure random: ten thousand ids, drawn across many refills, are all different") {
  kith::sign::SecureRandom random;
  std::set<std::string> ids;
  for (int i = 0; i < 10000; ++i) ids.insert(kith::base::makeMessageId(random));
  CHECK(ids.size() == 10000);
}

TEST_CASE("secure random: a request larger than the pool is filled to its end") {
  kith::sign::SecureRandom random;
  std::vector<unsigned char> bytes(5000, 0);
  random.fill(bytes.data(), 1);
  random.fill(bytes.data(), bytes.size());
  // A run of 64 zeros has a chance of 2^-512.
  const std::string text(bytes.begin(), bytes.end());
  CHECK(text.find(std::string(64, '\0')) == std::string::npos);
}

TEST_CASE("secure random: two sources do not repeat each other") {
  kith::sign::SecureRandom a;
  kith::sign::SecureRandom b;
  CHECK(kith::base::makeMessageId(a) != kith::base::makeMessageId(b));
}

}  // namespace
