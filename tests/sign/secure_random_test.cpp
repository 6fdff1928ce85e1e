// SPDX-License-Identifier: Apache-2.0
#include "sign/secure_random.hpp"

#include <array>
#include <set>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/text_codes.hpp"
#include "support/catch.hpp"

namespace {

std::string makeId(kith::base::Random& random) {
  std::array<unsigned char, 16> bytes{};
  random.fill(bytes.data(), bytes.size());
  return kith::base::base64url(bytes);
}

TEST_CASE("secure random: ten thousand ids, drawn across many refills, are all different") {
  kith::sign::SecureRandom random;
  std::set<std::string> ids;
  for (int i = 0; i < 10000; ++i) ids.insert(makeId(random));
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
  CHECK(makeId(a) != makeId(b));
}

TEST_CASE("secure random: a child of fork() does not repeat its parent") {
  kith::sign::SecureRandom random;
  unsigned char spent[100];
  random.fill(spent, sizeof spent);  // the pool is full of bytes that both could hand out
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  std::array<unsigned char, 32> mine{};
  random.fill(mine.data(), mine.size());
  if (child == 0) {
    const ssize_t sent = ::write(ends[1], mine.data(), mine.size());
    ::_exit(sent == static_cast<ssize_t>(mine.size()) ? 0 : 1);
  }
  std::array<unsigned char, 32> theirs{};
  CHECK(::read(ends[0], theirs.data(), theirs.size()) == static_cast<ssize_t>(theirs.size()));
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(mine != theirs);
}

}  // namespace
