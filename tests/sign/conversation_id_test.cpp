// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "sign/signer.hpp"
#include "support/catch.hpp"

namespace {

using kith::sign::conversationId;
using Ids = std::vector<std::string_view>;

TEST_CASE("conversation id: the vectors of avos-v1 §11.2, in any order of the peers") {
  CHECK(conversationId(Ids{"u1234", "u0988"}) == "bcd26a54e98687390b0abb4d83683d4b");
  CHECK(conversationId(Ids{"u0988", "u1234"}) == "bcd26a54e98687390b0abb4d83683d4b");
  CHECK(conversationId(Ids{"alice", "bob"}) == "ed9880ad9bae7f2bd9f978cf6c279fc8");
  CHECK(conversationId(Ids{"carol", "alice", "bob"}) == "b4885080cef7b663d07dd787a772979f");
  CHECK(conversationId(Ids{"张三", "小明"}) == "767c6da4ad48920715b849e5633bc95d");
}

TEST_CASE("conversation id: nobody gives the md5 of nothing") {
  CHECK(conversationId({}) == "d41d8cd98f00b204e9800998ecf8427e");
}

}  // namespace
