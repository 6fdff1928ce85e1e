// SPDX-License-Identifier: Apache-2.0
// kith::Conversation against the real server: history over the connection, edits, recalls, read
// marks.
#include <algorithm>
#include <set>

#include "support/test_server.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

/// tom and jerry, each with a device, in a group that tom made.
struct TwoPeers {
  TwoPeers() {
    tom.open();
    jerry.open();
    group = tom.newGroup();
    tom.invite(*group, {"jerry"});
    jerry.heard->wait("onInvitedToGroup");
    toms = tom.session->conversation(group->groupId());
    jerrys = jerry.session->conversation(group->groupId());
  }
  /// A message of tom, as edit() and recall() want it.
  Message say(const std::string& text) {
    Answer<Receipt> sent;
    Message message;
    message.text = text;
    toms->send(message, sent);
    const Receipt receipt = sent.value();
    message.id = receipt.message_id;
    message.timestamp = receipt.timestamp;
    return message;
  }

  TestServer server;
  Device tom{server.options(), "tom"};
  Device jerry{server.options(), "jerry"};
  std::shared_ptr<Group> group;
  std::shared_ptr<Conversation> toms;
  std::shared_ptr<Conversation> jerrys;
};

std::vector<Message> read(Conversation& conversation, PageQuery query) {
  Answer<std::vector<Message>> page;
  conversation.history(std::move(query), page);
  return page.value();
}

std::vector<std::string> textsOf(const std::vector<Message>& messages) {
  std::vector<std::string> texts;
  for (const Message& message : messages) texts.push_back(message.text);
  return texts;
}

std::vector<UnreadCount> unreadOf(Session& session) {
  Answer<std::vector<UnreadCount>> counts;
  session.unread(counts);
  return counts.value();
}

}  // namespace

TEST_CASE(
    "conversation: pages go on in both directions and leave nothing out, times repeat or not") {
  TwoPeers peers;
  constexpr int kMessages = 23;
  std::vector<std::string> said;
  std::vector<Answer<Receipt>> sent(kMessages);
  for (int i = 0; i < kMessages; ++i) {  // in bursts, so that many have one time
    Message message;
    message.text = "text " + std::to_string(i);
    said.push_back(message.text);
    peers.toms->send(message, sent[static_cast<std::size_t>(i)]);
  }
  for (const auto& each : sent) each.value();

  std::vector<std::string> back;
  PageQuery query;
  query.limit = 4;
  for (int pages = 0; pages < kMessages; ++pages) {
    const std::vector<Message> page = read(*peers.jerrys, query);
    if (page.empty()) break;
    CHECK(page.front().from == "tom");
    CHECK(page.front().group_id == peers.jerrys->id());
    const auto texts = textsOf(page);
    back.insert(back.begin(), texts.begin(), texts.end());
    query.olderThan(page.front());
  }
  CHECK(back == said);

  std::vector<std::string> forth;
  PageQuery next;
  next.limit = 5;
  next.forward = true;
  for (int pages = 0; pages < kMessages; ++pages) {
    const std::vector<Message> page = read(*peers.jerrys, next);
    if (page.empty()) break;
    const auto texts = textsOf(page);
    forth.insert(forth.end(), texts.begin(), texts.end());
    next.newerThan(page.back());
  }
  CHECK(forth == said);
}

TEST_CASE("conversation: a page of a hundred long messages arrives") {
  TwoPeers peers;
  const std::string text(4500, '"');
  std::vector<Answer<Receipt>> sent(120);
  for (auto& each : sent) {
    Message message;
    message.text = text.substr(0, 2200);  // each is two bytes in a frame
    peers.toms->send(message, each);
  }
  for (const auto& each : sent) each.value();
  PageQuery query;
  query.limit = 100;
  CHECK(read(*peers.jerrys, query).size() == 100);
}

TEST_CASE("conversation: an edit reaches the members and this peer's other devices, and stays") {
  TwoPeers peers;
  Device tablet(peers.server.options(), "tom");
  tablet.open();
  const Message first = peers.say("mistkae");
  Answer<void> edited;
  peers.toms->edit(first, "mistake", edited);
  edited.value();
  for (Device* device : {&peers.jerry, &tablet}) {
    device->heard->wait("onMessageEdited tom: mistake");
    const Message heard = device->heard->messages().back();
    CHECK(heard.id == first.id);
    CHECK(heard.timestamp == first.timestamp);
    CHECK(heard.edited_at >= first.timestamp);
  }
  const std::vector<Message> page = read(*peers.jerrys, {});
  REQUIRE(textsOf(page) == std::vector<std::string>{"mistake"});
  CHECK(page[0].edited_at != Timestamp{});
}

TEST_CASE("conversation: a recall is heard once, and its text is gone from the history") {
  TwoPeers peers;
  const Message first = peers.say("secret");
  Answer<void> recalled;
  peers.toms->recall(first, recalled);
  recalled.value();
  peers.jerry.heard->wait("onMessageRecalled " + first.id + " by tom");
  CHECK(textsOf(read(*peers.toms, {})) == std::vector<std::string>{R"({"_lctype":-127})"});
}

TEST_CASE("conversation: what is not one's own cannot be changed, what is not there neither") {
  TwoPeers peers;
  Message first = peers.say("mine");
  Answer<void> forged;
  peers.jerrys->edit(first, "forged", forged);
  CHECK(forged.code() == Errc::Rejected);
  CHECK(forged.get().error().server_code == 4403);
  Device eve(peers.server.options(), "eve");
  eve.open();
  Answer<std::vector<Message>> page;
  eve.session->conversation(peers.group->groupId())->history({}, page);
  CHECK(page.code() == Errc::NotAMember);
  Answer<std::vector<Message>> nowhere;
  eve.session->conversation("0123456789abcdef01234567")->history({}, nowhere);
  CHECK(nowhere.code() == Errc::GroupNotFound);
  first.id += "x";
  Answer<void> missing;
  peers.toms->recall(first, missing);
  CHECK(missing.get().error().server_code == 4404);
}

TEST_CASE("conversation: what is wrong with an argument is said before anything is sent") {
  TwoPeers peers;
  const auto codeOf = [&](auto ask) {
    Answer<void> done;
    ask(done);
    const Result<void> result = done.get();
    INFO(result.error().detail);
    return result.error().code;
  };
  Message message = peers.say("x");
  Message nameless = message;
  nameless.id.clear();
  CHECK(codeOf([&](auto& done) { peers.toms->edit(nameless, "y", done); }) ==
        Errc::InvalidArgument);
  Message timeless = message;
  timeless.timestamp = {};
  CHECK(codeOf([&](auto& done) { peers.toms->recall(timeless, done); }) == Errc::InvalidArgument);
  CHECK(codeOf([&](auto& done) { peers.toms->edit(message, "\xff", done); }) ==
        Errc::InvalidArgument);
  CHECK(codeOf([&](auto& done) { peers.toms->edit(message, std::string(5000, 'x'), done); }) ==
        Errc::MessageTooLong);
  CHECK(codeOf([&](auto& done) { peers.toms->markRead({}, done); }) == Errc::InvalidArgument);
  CHECK(codeOf([&](auto& done) {
          peers.tom.session->conversation("")->markRead(message.timestamp, done);
        }) == Errc::InvalidArgument);
  for (const int limit : {0, 101}) {
    PageQuery query;
    query.limit = limit;
    Answer<std::vector<Message>> page;
    peers.toms->history(query, page);
    CHECK(page.code() == Errc::InvalidArgument);
  }
  PageQuery query;
  query.from_id = "m";
  Answer<std::vector<Message>> page;
  peers.toms->history(query, page);
  CHECK(page.code() == Errc::InvalidArgument);
}

TEST_CASE("conversation: the longest message that can be sent can be edited to the same length") {
  TwoPeers peers;
  std::string text(5000, 'x');
  Message message;
  while (true) {
    Answer<Receipt> sent;
    message.text = text;
    peers.toms->send(message, sent);
    const Result<Receipt> receipt = sent.get();
    if (receipt.ok()) {
      message.id = receipt->message_id;
      message.timestamp = receipt->timestamp;
      break;
    }
    REQUIRE(receipt.error().code == Errc::MessageTooLong);
    text.pop_back();
  }
  std::fill(text.begin(), text.end(), 'y');
  Answer<void> edited;
  peers.toms->edit(message, text, edited);
  edited.value();
  CHECK(textsOf(read(*peers.jerrys, {})) == std::vector<std::string>{text});
}

TEST_CASE("conversation: unread counts are shared by devices, and a mark empties them everywhere") {
  TwoPeers peers;
  CHECK(unreadOf(*peers.jerry.session).empty());
  peers.say("one");
  const Message last = peers.say("two");
  const auto counts = unreadOf(*peers.jerry.session);
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].conversation_id == peers.jerrys->id());
  CHECK(counts[0].count == 2);
  CHECK(counts[0].last.text == "two");
  CHECK(counts[0].last.id == last.id);
  CHECK(unreadOf(*peers.tom.session).empty());

  Device tablet(peers.server.options(), "jerry");
  tablet.open();
  Answer<void> marked;
  peers.jerrys->markRead(last.timestamp, marked);
  marked.value();
  tablet.heard->wait("onUnreadChanged " + peers.jerrys->id() + " 0");
  CHECK(unreadOf(*tablet.session).empty());
  peers.say("three");
  CHECK(unreadOf(*tablet.session).at(0).count == 1);
}

TEST_CASE("conversation: a call made while the connection is away goes out when it is back") {
  TwoPeers peers;
  const Message first = peers.say("x");
  Answer<void> paused;
  peers.tom.manager->pause(paused);
  paused.value();
  Answer<void> edited;
  peers.toms->edit(first, "y", edited);
  peers.tom.manager->resume();
  edited.value();
  CHECK(textsOf(read(*peers.toms, {})) == std::vector<std::string>{"y"});
}

TEST_CASE("conversation: a call of a session that is closed, or never opened, says so") {
  TwoPeers peers;
  Device never(peers.server.options(), "never");
  Answer<std::vector<UnreadCount>> counts;
  never.session->unread(counts);
  CHECK(counts.code() == Errc::NotOpen);
  peers.tom.close();
  Answer<std::vector<Message>> page;
  peers.toms->history({}, page);
  CHECK(page.code() == Errc::NotOpen);
}

TEST_CASE("conversation: capabilities are those of the server that was reached") {
  TestServer server;
  Device tom(server.options(), "tom");
  CHECK_FALSE(tom.manager->capabilities().edits);
  CHECK(tom.manager->capabilities().groups);
  tom.open();
  const Capabilities there = tom.manager->capabilities();
  CHECK(there.edits);
  CHECK(there.unread);
  CHECK(there.socket_history);
  CHECK((there.mentions && there.binary && there.wills && there.roles && there.catch_up));
  CHECK((there.temporary && there.marks));
}

TEST_CASE("conversation: a server that speaks v1 alone is spoken to in v1, and each call says so") {
  std::string head;
  Waiter waiter;
  WsPeer original([&](WsTalk& talk) {
    const std::string asked = talk.shakeHands();
    waiter.change([&] { head = asked; });
    talk.readFrame();
    talk.sendText(
        R"({"cmd":"session","op":"opened","peerId":"tom","i":1,"onlineSessionPeerIds":[]})");
    talk.waitForEnd();
  });
  Device tom(clientOptions(original.url()), "tom");
  tom.open();
  CHECK(waiter.look([&] { return head; }).find("Sec-WebSocket-Protocol: kith.json.1\r\n") !=
        std::string::npos);
  CHECK_FALSE(tom.manager->capabilities().edits);
  const auto conversation = tom.session->conversation("0123456789abcdef01234567");
  Answer<std::vector<Message>> page;
  conversation->history({}, page);
  CHECK(page.code() == Errc::NotSupported);
  Message message;
  message.id = "m1";
  message.timestamp = Timestamp(std::chrono::milliseconds(1));
  Answer<void> edited;
  conversation->edit(message, "x", edited);
  CHECK(edited.code() == Errc::NotSupported);
  Answer<void> recalled;
  conversation->recall(message, recalled);
  CHECK(recalled.code() == Errc::NotSupported);
  Answer<void> marked;
  conversation->markRead(message.timestamp, marked);
  CHECK(marked.code() == Errc::NotSupported);
  Answer<std::vector<UnreadCount>> counts;
  tom.session->unread(counts);
  CHECK(counts.code() == Errc::NotSupported);
}

namespace {

std::shared_ptr<Conversation> make(Session& session, NewConversation what) {
  Answer<std::shared_ptr<Conversation>> made;
  session.createConversation(std::move(what), made);
  return made.value();
}

std::vector<ConversationInfo> find(Session& session, const std::string& where) {
  Answer<std::vector<ConversationInfo>> found;
  ConversationQuery query;
  query.where = where;
  session.conversations(query, found);
  return found.value();
}

NewConversation pairWith(const std::string& peer) {
  NewConversation what;
  what.members = {peer};
  what.unique = true;
  return what;
}

}  // namespace

TEST_CASE("conversation: two peers have one, whichever of them asks, with what they said before") {
  TestServer server;
  Device tom(server.options(), "tom");
  Device jerry(server.options(), "jerry");
  tom.open();
  jerry.open();
  tom.send("before", {"jerry"});
  jerry.heard->waitForMessages(1);
  const auto toms = make(*tom.session, pairWith("jerry"));
  const auto jerrys = make(*jerry.session, pairWith("tom"));
  CHECK(toms->id() == jerrys->id());
  jerry.send("after", {"tom"});
  CHECK(textsOf(read(*toms, {})) == std::vector<std::string>{"before", "after"});
  // Both ways to say something are one conversation, and stay messages of a peer.
  Answer<Receipt> sent;
  Message message;
  message.text = "by id";
  toms->send(message, sent);
  sent.value();
  jerry.heard->wait("onMessage tom: by id");
  CHECK(unreadOf(*jerry.session).at(0).conversation_id == toms->id());
}

TEST_CASE("conversation: conversations are found by members and attributes, with what was set") {
  TestServer server;
  Device tom(server.options(), "tom");
  Device jerry(server.options(), "jerry");
  tom.open();
  jerry.open();
  NewConversation what;
  what.members = {"jerry", "spike"};
  what.name = "three \"of\" us";
  what.attributes = R"({"level":4,"tags":["a","b"]})";
  const auto made = make(*tom.session, what);
  jerry.heard->wait("onInvitedToGroup " + made->id() + " by tom");
  CHECK(find(*tom.session, R"({"level":5})").empty());
  for (const char* where : {"", R"({"level":{"$gt":3}})", R"({"tags":"b"})"}) {
    INFO(where);
    const auto found = find(*jerry.session, where);
    REQUIRE(found.size() == 1);
    CHECK(found[0].id == made->id());
    CHECK(found[0].name == what.name);
    CHECK(found[0].creator == "tom");
    CHECK(joined(found[0].members) == "jerry,spike,tom");
    CHECK_FALSE(found[0].muted);
    CHECK(found[0].json.find(R"("level":4)") != std::string::npos);
  }
  Answer<std::vector<ConversationInfo>> bad;
  ConversationQuery query;
  query.where = R"({"a":{"$like":"b"}})";
  jerry.session->conversations(query, bad);
  CHECK(bad.code() == Errc::Rejected);
}

TEST_CASE("conversation: attributes are set for all, and muting is this peer's alone") {
  TwoPeers peers;
  Answer<void> updated;
  peers.toms->update(R"({"topic":"mice"})", updated);
  updated.value();
  peers.jerry.heard->wait(R"(onConversationUpdated {"topic":"mice"} by tom)");
  Answer<void> muted;
  peers.jerrys->mute(muted);
  muted.value();
  const auto infoOf = [](Conversation& conversation) {
    Answer<ConversationInfo> info;
    conversation.info(info);
    return info.value();
  };
  CHECK(infoOf(*peers.jerrys).muted);
  CHECK(infoOf(*peers.jerrys).json.find("mice") != std::string::npos);
  CHECK_FALSE(infoOf(*peers.toms).muted);
  Answer<void> unmuted;
  peers.jerrys->unmute(unmuted);
  unmuted.value();
  CHECK_FALSE(infoOf(*peers.jerrys).muted);
  Answer<void> reserved;
  peers.toms->update(R"({"m":[]})", reserved);
  CHECK(reserved.code() == Errc::Rejected);
  CHECK(reserved.get().error().detail.find("attr.m") != std::string::npos);
  Answer<ConversationInfo> nowhere;
  peers.tom.session->conversation("0123456789abcdef01234567")->info(nowhere);
  CHECK(nowhere.code() == Errc::GroupNotFound);
}

TEST_CASE("conversation: attributes that are no JSON object, or too long, are refused") {
  TwoPeers peers;
  for (const std::string& attributes :
       {std::string("[]"), std::string("{"), std::string("x"), std::string()}) {
    Answer<void> updated;
    peers.toms->update(attributes, updated);
    CHECK(updated.code() == Errc::InvalidArgument);
  }
  const std::string longest = R"({"a":")" + std::string(3968, 'x') + "\"}";
  Answer<void> fits;
  peers.toms->update(longest, fits);
  fits.value();
  Answer<void> beyond;
  peers.toms->update(R"({"ab":")" + std::string(3968, 'x') + "\"}", beyond);
  CHECK(beyond.code() == Errc::MessageTooLong);
  Answer<std::shared_ptr<Conversation>> twice;
  NewConversation what;
  what.name = "a";
  what.attributes = R"({"name":"b"})";
  peers.tom.session->createConversation(what, twice);
  CHECK(twice.code() == Errc::InvalidArgument);
}

TEST_CASE("conversation: where signatures are required the factory signs the members") {
  ServerOptions options = serverOptions();
  options.apps.front().require_signature = true;
  TestServer server(options);
  Options client = server.options();
  client.signature_factory = LocalSignatureFactory::make(kMasterKey);
  Device tom(client, "tom");
  tom.open();
  CHECK_FALSE(make(*tom.session, pairWith("jerry"))->id().empty());
}
