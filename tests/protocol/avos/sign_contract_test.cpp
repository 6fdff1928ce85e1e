// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/sign_contract.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::avos {
namespace {

using Strings = std::vector<std::string>;

const SignatureRequest kOpen{SignedAction::Open, "app", "alice", "", {"bob", "carol"}};
const SignatureRequest kInvite{SignedAction::Invite, "app", "alice", "g1", {"bob"}};

TEST_CASE("sign contract: where and what is posted (avos-v1 §10)") {
  CHECK(signPath(SignedAction::Open) == "/sign");
  CHECK(signPath(SignedAction::Watch) == "/sign");
  CHECK(signPath(SignedAction::Join) == "/group_sign");
  CHECK(signPath(SignedAction::Invite) == "/group_sign");
  CHECK(signPath(SignedAction::Kick) == "/group_sign");
  CHECK(formatSignRequest(kOpen) == R"({"self_id":"alice","watch_ids":["bob","carol"]})");
  CHECK(formatSignRequest(kInvite) == R"({"self_id":"alice","group_id":"g1",)"
                                      R"("group_peer_ids":["bob"],"action":"invite"})");
  CHECK(formatSignRequest({SignedAction::Join, "app", "al\"ice", "", {}}) ==
        R"({"self_id":"al\"ice","group_id":"","group_peer_ids":[],"action":"join"})");
}

TEST_CASE("sign contract: the answer's four fields, the list as the signer cut it") {
  const auto answer = parseSignAnswer(
      R"({"nonce":"85561","timestamp":1416290728,"signature":"abc","watch_ids":["carol"],"msg":"x"})",
      kOpen);
  CHECK(answer.value() == Signature{"abc", 1416290728, "85561", {"carol"}});
  // Some signers write the time as a text; without a list, what was asked was signed.
  CHECK(parseSignAnswer(R"({"nonce":"n","timestamp":"1416290728","signature":"abc"})", kOpen)
            .value() == Signature{"abc", 1416290728, "n", {"bob", "carol"}});
  CHECK(parseSignAnswer(
            R"({"nonce":"n","timestamp":1,"signature":"s","group_peer_ids":[],"watch_ids":["no"]})",
            kInvite)
            .value() == Signature{"s", 1, "n", {}});
  // As a cloud function.
  CHECK(parseSignAnswer(R"({"result":{"nonce":"n","timestamp":1,"signature":"s"}})", kInvite)
            .value() == Signature{"s", 1, "n", {"bob"}});
}

TEST_CASE("sign contract: an answer that is no JSON object is tried again, other bad ones refuse") {
  for (const char* body : {"<html>", "", "null", "[]", "7", "\"later\""}) {
    CAPTURE(body);
    const auto answer = parseSignAnswer(body, kOpen);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::ServerBusy);
    CHECK(answer.error().detail.find("check the signer's URL") != std::string::npos);
  }
  const struct {
    const char* body;
    const char* why;
  } rows[] = {
      {"{}", "has no signature"},
      {R"({"error":"not allowed"})", "an error: not allowed"},
      {R"({"code":403,"error":"not\tallowed"})", "an error: not\\tallowed"},
      {R"({"code":"1","error":"not allowed"})", "an error: not allowed"},
      {R"({"error":7})", "has no signature"},
      {R"({"signature":"","timestamp":1,"nonce":"n"})", "has no signature"},
      {R"({"signature":5,"timestamp":1,"nonce":"n"})", "has no signature"},
      {R"({"signature":"s","nonce":"n"})", "no timestamp"},
      {R"({"signature":"s","timestamp":1.5,"nonce":"n"})", "no timestamp"},
      {R"({"signature":"s","timestamp":"1.","nonce":"n"})", "no timestamp"},
      {R"({"signature":"s","timestamp":1e3,"nonce":"n"})", "no timestamp"},
      {R"({"signature":"s","timestamp":"soon","nonce":"n"})", "no timestamp"},
      {R"({"signature":"s","timestamp":1,"nonce":[5]})", "nonce that is no text"},
      {R"({"signature":"s","timestamp":1,"nonce":"n","watch_ids":"bob"})", "watch_ids"},
      {R"({"signature":"s","timestamp":1,"nonce":"n","watch_ids":[1]})", "watch_ids"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto answer = parseSignAnswer(row.body, kOpen);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::SignatureRefused);
    CHECK_FALSE(answer.error().retryable());
    CHECK(answer.error().detail.find(row.why) != std::string::npos);
  }
}

TEST_CASE("sign contract: what languages make of the fields is understood") {
  const Signature plain{"s", 1412000001, "77", {"bob"}};
  const char* const bodies[] = {
      R"({"signature":"s","timestamp":1412000001,"nonce":77,"watch_ids":["bob"]})",
      R"({"signature":"s","timestamp":1412000001.0,"nonce":"77","watch_ids":["bob"]})",
      R"({"signature":"s","timestamp":"1412000001.000","nonce":"77","watch_ids":["bob"]})",
      "\xEF\xBB\xBF"
      R"({"signature":"s","timestamp":1412000001,"nonce":"77","watch_ids":["bob"]})",
  };
  for (const char* body : bodies) {
    CAPTURE(body);
    const auto answer = parseSignAnswer(body, kOpen);
    REQUIRE(answer.ok());
    CHECK(*answer == plain);
  }
}

TEST_CASE("sign contract: an error that says it will pass is tried again, in the signer's words") {
  for (const char* code : {"503", "\"500\"", "429", "408", "425"}) {
    CAPTURE(code);
    const auto answer = parseSignAnswer(
        std::string(R"({"error":"backend is starting","code":)") + code + "}", kOpen);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::ServerBusy);
    CHECK(answer.error().detail.find("backend is starting") != std::string::npos);
  }
}

TEST_CASE("sign contract: a signing server reads what a client formats, and the other way round") {
  for (const SignedAction action : {SignedAction::Open, SignedAction::Join, SignedAction::Invite,
                                    SignedAction::Kick, SignedAction::Members}) {
    const bool group = action != SignedAction::Open;
    SignatureRequest request{action, "", "小明", group ? "g1" : "", {"b", "a\"", ""}};
    const auto call = parseSignCall(formatSignRequest(request), group);
    REQUIRE(call);
    CHECK(call->request == request);
    CHECK_FALSE(call->is_super);
    const Signature signature{"abc", 7, "n", {"a\""}};
    CHECK(parseSignAnswer(formatSignAnswer(*call, signature), request).value() == signature);
  }
}

TEST_CASE("sign contract: reading is asked by who is in the conversation, never by its id") {
  CHECK(signPath(SignedAction::History) == "/history_sign");
  CHECK(signPath(SignedAction::Members) == "/group_sign");
  const SignatureRequest pair{SignedAction::History, "", "alice", "", {"bob"}};
  const SignatureRequest group{SignedAction::History, "", "alice", "g1", {}};
  CHECK(formatSignRequest(pair) == R"({"self_id":"alice","peer_ids":["bob"]})");
  CHECK(formatSignRequest(group) == R"({"self_id":"alice","group_id":"g1"})");
  for (const SignatureRequest& request : {pair, group}) {
    const auto call = parseHistorySignCall(formatSignRequest(request));
    REQUIRE(call);
    CHECK(call->request == request);
    const Signature signature{"abc", 7, "n", request.peer_ids};
    CHECK(formatSignAnswer(*call, signature) == R"({"nonce":"n","timestamp":7,"signature":"abc"})");
    CHECK(parseSignAnswer(formatSignAnswer(*call, signature), request).value() == signature);
  }
  const struct {
    const char* body;
    const char* why;
  } rows[] = {{"", "not JSON"},
              {"[]", "not a JSON object"},
              {R"({"peer_ids":["bob"]})", "self_id"},
              {R"({"self_id":"a"})", "either group_id or peer_ids"},
              {R"({"self_id":"a","group_id":"g","peer_ids":["b"]})", "either group_id or peer_ids"},
              {R"({"self_id":"a","group_id":1})", "group_id"},
              {R"({"self_id":"a","peer_ids":"b"})", "peer_ids"}};
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto call = parseHistorySignCall(row.body);
    REQUIRE_FALSE(call);
    CHECK(call.error().detail.find(row.why) != std::string::npos);
  }
}

TEST_CASE("sign contract: sp asks for a super peer and comes back") {
  const auto call = parseSignCall(R"({"self_id":"admin","watch_ids":[],"sp":1})", false);
  REQUIRE(call);
  CHECK(call->is_super);
  CHECK(formatSignAnswer(*call, {"abc", 7, "n", {}}) ==
        R"({"nonce":"n","timestamp":7,"signature":"abc","watch_ids":[],"sp":true})");
}

TEST_CASE("sign contract: a bad call names the member") {
  const struct {
    const char* body;
    bool group;
    const char* why;
  } rows[] = {
      {"", false, "not JSON"},
      {"[]", false, "not a JSON object"},
      {"{}", false, "self_id"},
      {R"({"self_id":""})", false, "self_id"},
      {R"({"self_id":1})", false, "self_id"},
      {R"({"self_id":"a","watch_ids":"b"})", false, "watch_ids"},
      {R"({"self_id":"a","group_peer_ids":[1]})", true, "group_peer_ids"},
      {R"({"self_id":"a","group_id":1})", true, "group_id"},
      {R"({"self_id":"a"})", true, "action"},
      {R"({"self_id":"a","action":"open"})", true, "action"},
      {R"({"self_id":"a","action":1})", true, "action"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto call = parseSignCall(row.body, row.group);
    REQUIRE_FALSE(call);
    CHECK(call.error().code == Errc::InvalidArgument);
    CHECK(call.error().detail.find(row.why) != std::string::npos);
  }
}

}  // namespace
}  // namespace kith::avos
