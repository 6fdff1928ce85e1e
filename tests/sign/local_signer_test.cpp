// SPDX-License-Identifier: Apache-2.0
#include "sign/local_signer.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using kith::SignatureRequest;
using kith::SignedAction;
using kith::sign::makeSignature;
using kith::sign::Signer;

constexpr const char* kKey = "mk-0123456789abcdef";

std::string timeText(const kith::Signature& signature) {
  return std::to_string(signature.timestamp);
}

TEST_CASE("local signer: open and watch are signed as a session, in the order asked") {
  Signer signer(kKey);
  kith::base::SeededRandom random(1);
  for (const SignedAction action : {SignedAction::Open, SignedAction::Watch}) {
    const SignatureRequest request{action, "app", "alice", "", {"carol", "bob"}};
    const kith::Signature answer = makeSignature(signer, request, 1412000000, random);
    CHECK(answer.timestamp == 1412000000);
    CHECK(answer.signed_peer_ids == std::vector<std::string>{"carol", "bob"});
    CHECK(signer.verify("app:alice:bob:carol:1412000000:" + answer.nonce, answer.signature));
  }
}

TEST_CASE("local signer: group actions are signed with the group and the action's word") {
  Signer signer(kKey);
  kith::base::SeededRandom random(1);
  const struct {
    SignedAction action;
    const char* word;
  } rows[] = {{SignedAction::Join, "join"},
              {SignedAction::Invite, "invite"},
              {SignedAction::Kick, "kick"},
              {SignedAction::Members, "members"},
              {SignedAction::Block, "conversation-block-clients"},
              {SignedAction::Unblock, "conversation-unblock-clients"}};
  for (const auto& row : rows) {
    const SignatureRequest request{row.action, "app", "alice", "g1", {"bob"}};
    const kith::Signature answer = makeSignature(signer, request, 7, random);
    CHECK(kith::sign::actionWord(row.action) == row.word);
    CHECK(
        signer.verify("app:alice:g1:bob:" + timeText(answer) + ":" + answer.nonce + ":" + row.word,
                      answer.signature));
  }
}

TEST_CASE("local signer: the field with a colon is named") {
  const struct {
    SignatureRequest request;
    std::string field;
  } rows[] = {
      {{SignedAction::Open, "app", "alice", "", {"bob", "carol"}}, ""},
      {{SignedAction::Open, "a:p", "alice", "", {}}, "app_id"},
      {{SignedAction::Open, "app", "ali:ce", "", {}}, "peer_id"},
      {{SignedAction::Join, "app", "alice", "g:", {}}, "group_id"},
      {{SignedAction::Watch, "app", "alice", "", {"bob", ":"}}, "peer_ids[1]"},
  };
  for (const auto& row : rows) CHECK(kith::sign::fieldWithColon(row.request) == row.field);
}

TEST_CASE("local signer: a history is signed by the id of its conversation, made of its peers") {
  Signer signer(kKey);
  kith::base::SeededRandom random(1);
  const SignatureRequest pair{SignedAction::History, "app", "bob", "", {"alice"}};
  const kith::Signature answer = makeSignature(signer, pair, 1412000000, random);
  CHECK(signer.verify("app:bob:ed9880ad9bae7f2bd9f978cf6c279fc8:" + answer.nonce + ":1412000000",
                      answer.signature));
  const SignatureRequest three{SignedAction::History, "app", "carol", "", {"bob", "alice"}};
  const kith::Signature of_three = makeSignature(signer, three, 7, random);
  CHECK(signer.verify("app:carol:b4885080cef7b663d07dd787a772979f:" + of_three.nonce + ":7",
                      of_three.signature));
  const SignatureRequest group{SignedAction::History, "app", "bob", "g1", {}};
  const kith::Signature of_group = makeSignature(signer, group, 7, random);
  CHECK(signer.verify("app:bob:g1:" + of_group.nonce + ":7", of_group.signature));
}

TEST_CASE("local signer: no nonce comes twice") {
  Signer signer(kKey);
  kith::base::SeededRandom random(1);
  const SignatureRequest request{SignedAction::Open, "app", "alice", "", {}};
  const kith::Signature first = makeSignature(signer, request, 7, random);
  const kith::Signature second = makeSignature(signer, request, 7, random);
  CHECK(first.nonce != second.nonce);
  CHECK(first.signature != second.signature);
}

}  // namespace
