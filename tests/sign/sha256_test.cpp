// SPDX-License-Identifier: Apache-2.0
#include "sign/sha256.hpp"

#include "support/catch.hpp"

namespace kith::sign {

TEST_CASE("sha256: the examples of FIPS 180-2, in one piece or in many") {
  const struct {
    std::string text;
    const char* digest;
  } rows[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
  };
  for (const auto& row : rows) {
    Sha256 whole;
    whole.add(row.text);
    CHECK(whole.finish() == row.digest);
    Sha256 pieces;
    for (const char& c : row.text) pieces.add({&c, 1});
    Sha256 moved = std::move(pieces);
    CHECK(moved.finish() == row.digest);
    CHECK(moved.finish().empty());
  }
}

}  // namespace kith::sign
