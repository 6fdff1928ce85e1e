// SPDX-License-Identifier: Apache-2.0
#include "client/check.hpp"

#include <functional>

#include "support/catch.hpp"

using namespace kith;
using namespace kith::client;
using namespace std::chrono_literals;

namespace {

Options good() {
  Options options;
  options.app_id = "demo";
  options.server = "ws://127.0.0.1:7700";
  return options;
}

/// The error's field: what stands before the first colon or blank.
std::string fieldOf(const Result<void>& result) {
  REQUIRE_FALSE(result.ok());
  return result.error().detail.substr(0, result.error().detail.find_first_of(": "));
}

std::string refusedField(const std::function<void(Options&)>& spoil) {
  Options options = good();
  spoil(options);
  const Result<void> result = checkOptions(options);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::InvalidArgument);
  return fieldOf(result);
}

}  // namespace

TEST_CASE("check: good options pass") {
  CHECK(checkOptions(good()).ok());
  Options quiet = good();
  quiet.keepalive = {0ms, 0ms};
  quiet.outbox.expiry = 0ms;
  CHECK(checkOptions(quiet).ok());
}

TEST_CASE("check: each bad option is named") {
  CHECK(refusedField([](Options& o) { o.reconnect.first_delay = 0ms; }) == "reconnect.first_delay");
  CHECK(refusedField([](Options& o) { o.reconnect.max_delay = 799ms; }) == "reconnect.max_delay");
  CHECK(refusedField([](Options& o) { o.reconnect.max_attempts = -1; }) ==
        "reconnect.max_attempts");
  CHECK(refusedField([](Options& o) { o.reconnect.hint_interval = -1ms; }) ==
        "reconnect.hint_interval");
  CHECK(refusedField([](Options& o) { o.keepalive.interval = -1ms; }) == "keepalive.interval");
  CHECK(refusedField([](Options& o) { o.keepalive.deadline = 0ms; }) == "keepalive.deadline");
  CHECK(refusedField([](Options& o) { o.outbox.max_messages = 0; }) == "outbox.max_messages");
  CHECK(refusedField([](Options& o) { o.outbox.max_bytes = 0; }) == "outbox.max_bytes");
  CHECK(refusedField([](Options& o) { o.outbox.max_in_flight = 0; }) == "outbox.max_in_flight");
  CHECK(refusedField([](Options& o) { o.outbox.expiry = -1ms; }) == "outbox.expiry");
  CHECK(refusedField([](Options& o) { o.inbox.max_messages = 0; }) == "inbox.max_messages");
  CHECK(refusedField([](Options& o) { o.inbox.max_bytes = 4999; }) == "inbox.max_bytes");
  CHECK(refusedField([](Options& o) { o.connect_timeout = 0ms; }) == "connect_timeout");
  CHECK(refusedField([](Options& o) { o.command_timeout = 0ms; }) == "command_timeout");
  CHECK(refusedField([](Options& o) { o.signature_timeout = 0ms; }) == "signature_timeout");
  CHECK(refusedField([](Options& o) { o.tls.client_key_file = "k.pem"; }) ==
        "tls.client_cert_file");
  CHECK(refusedField([](Options& o) { o.tls.client_cert_file = "c.pem"; }) ==
        "tls.client_key_file");
}

TEST_CASE("check: a peer list is refused for its first bad id, its length and emptiness") {
  CHECK(checkPeers({"bob", std::string(64, 'x')}, "peers", false).ok());
  CHECK(checkPeers({}, "peers", true).ok());
  CHECK(fieldOf(checkPeers({}, "peers", false)) == "peers");
  CHECK(checkPeers({}, "peers", false).error().code == Errc::InvalidArgument);
  const auto empty = checkPeers({"bob", ""}, "peers", false);
  CHECK(fieldOf(empty) == "peers[1]");
  CHECK(empty.error().code == Errc::InvalidPeerId);
  CHECK(checkPeers({std::string(65, 'x')}, "peers", false).error().code == Errc::InvalidPeerId);
  CHECK(checkPeers({"a\nb"}, "peers", false).error().code == Errc::InvalidPeerId);
  CHECK(checkPeers({"\xff"}, "peers", false).error().code == Errc::InvalidPeerId);
  CHECK(checkPeers(std::vector<std::string>(100, "x"), "peers", false).ok());
  CHECK(checkPeers(std::vector<std::string>(101, "x"), "peers", false).error().code ==
        Errc::TooManyPeers);
}

TEST_CASE("check: a message needs exactly one kind of receiver") {
  CHECK(checkMessage({"hi", {"bob"}, ""}).ok());
  CHECK(checkMessage({"hi", {}, "g1"}).ok());
  CHECK(checkMessage({"", {"bob"}, ""}).ok());
  CHECK(fieldOf(checkMessage({"hi", {}, ""})) == "message.to");
  CHECK(fieldOf(checkMessage({"hi", {"bob"}, "g1"})) == "message.to");
  CHECK(fieldOf(checkMessage({"\xc0", {"bob"}, ""})) == "message.text");
  CHECK(fieldOf(checkMessage({"hi", {"bob", ""}, ""})) == "message.to[1]");
  CHECK(fieldOf(checkMessage({"hi", {}, std::string(65, 'g')})) == "group_id");
}

TEST_CASE("check: a receipt needs one receiver, no group, and a message that is kept") {
  CHECK(checkMessage({"hi", {"bob"}, "", false, true}).ok());
  CHECK(fieldOf(checkMessage({"hi", {"bob", "eve"}, "", false, true})) == "message.receipt");
  CHECK(fieldOf(checkMessage({"hi", {}, "g1", false, true})) == "message.receipt");
  CHECK(fieldOf(checkMessage({"hi", {"bob"}, "", true, true})) == "message.receipt");
}

TEST_CASE("check: a conversation that is to end is temporary, and lasts a day at most") {
  NewConversation what;
  CHECK(checkLifetime(what).ok());
  what.lifetime = 1s;
  CHECK(fieldOf(checkLifetime(what)) == "lifetime");
  what.temporary = true;
  for (const std::chrono::seconds good : {0s, 1s, std::chrono::seconds{24h}}) {
    what.lifetime = good;
    CHECK(checkLifetime(what).ok());
  }
  for (const std::chrono::seconds bad : {-1s, std::chrono::seconds{24h} + 1s}) {
    what.lifetime = bad;
    CHECK(fieldOf(checkLifetime(what)) == "lifetime");
  }
}

TEST_CASE("check: temporary conversations are asked for by ids of theirs that fit into a frame") {
  ConversationQuery query;
  query.temporary = {"_tmp:a", "0123456789abcdef01234567"};
  CHECK(fieldOf(checkQuery(query)) == "query.temporary[1]");
  query.temporary = {"_tmp:" + std::string(60, 'a')};
  CHECK(fieldOf(checkQuery(query)) == "query.temporary[0]");
  query.temporary.assign(60, "_tmp:" + std::string(50, 'a'));
  CHECK(checkQuery(query).ok());
  query.temporary.assign(80, "_tmp:" + std::string(50, 'a'));
  const Result<void> many = checkQuery(query);
  CHECK(fieldOf(many) == "query.temporary");
  CHECK(many.error().code == Errc::MessageTooLong);
}

TEST_CASE("check: a history query asks for one conversation and a sensible number") {
  CHECK(checkHistory({"bob", "", {}, 100}).ok());
  CHECK(checkHistory({"", "g1", {}, 1000}).ok());
  CHECK(fieldOf(checkHistory({"", "", {}, 100})) == "query.peer");
  CHECK(fieldOf(checkHistory({"bob", "g1", {}, 100})) == "query.group_id");
  CHECK(fieldOf(checkHistory({"bob", "", {}, 0})) == "query.limit");
  CHECK(fieldOf(checkHistory({"bob", "", {}, 1001})) == "query.limit");
  CHECK(fieldOf(checkHistory({"bob", "", Timestamp(-1ms), 1})) == "query.before");
  CHECK(checkHistory({"b\n", "", {}, 1}).error().code == Errc::InvalidPeerId);
  const Timestamp before(5ms);
  CHECK(checkHistory({"bob", "", before, 1, "m1"}).ok());
  CHECK(checkHistory({"bob", "", before, 1, std::string(256, 'm')}).ok());
  CHECK(fieldOf(checkHistory({"bob", "", {}, 1, "m1"})) == "query.before_id");
  CHECK(fieldOf(checkHistory({"bob", "", before, 1, std::string(257, 'm')})) == "query.before_id");
}
