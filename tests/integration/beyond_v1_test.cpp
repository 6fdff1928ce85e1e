// SPDX-License-Identifier: Apache-2.0
// What kithd has and an original server has not, against the real server: mentions, bytes, wills,
// roles, and what happened during a pause.
#include <algorithm>
#include <functional>

#include "support/test_server.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

/// tom and jerry, each with a device, in a group that tom made.
struct Stage {
  explicit Stage(const ServerOptions& options = serverOptions()) : server(options) {
    tom.open();
    jerry.open();
    group = tom.newGroup();
    tom.invite(*group, {"jerry"});
    jerry.heard->wait("onInvitedToGroup");
    jerry.heard->wait("onMembersJoined");
    toms = tom.session->conversation(group->groupId());
    jerrys = jerry.session->conversation(group->groupId());
  }
  static Message text(const std::string& text) {
    Message message;
    message.text = text;
    return message;
  }
  Receipt say(Conversation& conversation, Message message) {
    Answer<Receipt> sent;
    conversation.send(std::move(message), sent);
    return sent.value();
  }

  TestServer server;
  Device tom{server.options(), "tom"};
  Device jerry{server.options(), "jerry"};
  std::shared_ptr<Group> group;
  std::shared_ptr<Conversation> toms;
  std::shared_ptr<Conversation> jerrys;
};

void pause(Device& device) {
  Answer<void> paused;
  device.manager->pause(paused);
  paused.value();
}

std::vector<std::string> peersThatAre(Conversation& conversation, PeerStanding standing) {
  Answer<std::vector<std::string>> peers;
  conversation.peersThatAre(standing, peers);
  return peers.value();
}

const std::string kBytes("\0\xff\"\\\n\xc0", 6);

}  // namespace

TEST_CASE(
    "beyond v1: who is mentioned is known live, in the history, of the last one and by count") {
  Stage stage;
  Message named = Stage::text("you");
  named.mentions = {"jerry", "spike"};
  Message all = Stage::text("all of you");
  all.mention_all = true;
  stage.say(*stage.toms, Stage::text("nobody"));
  stage.say(*stage.toms, named);
  stage.say(*stage.toms, all);
  stage.jerry.heard->waitForMessages(3);
  const auto heard = stage.jerry.heard->messages();
  CHECK_FALSE(heard[0].mentioned);
  CHECK(heard[1].mentioned);
  CHECK(heard[1].mentions == named.mentions);
  CHECK(heard[2].mentioned);
  CHECK(heard[2].mention_all);
  Answer<std::vector<Message>> page;
  stage.jerrys->history({}, page);
  const auto read = page.value();
  REQUIRE(read.size() == 3);
  CHECK_FALSE(read[0].mentioned);
  CHECK(read[1].mentions == named.mentions);
  CHECK(read[2].mention_all);
  Answer<std::vector<UnreadCount>> counts;
  stage.jerry.session->unread(counts);
  CHECK(counts.value().at(0).mentioned);
  ConversationQuery query;
  query.last_messages = true;
  Answer<std::vector<ConversationInfo>> found;
  stage.tom.session->conversations(query, found);
  const Message last = found.value().at(0).last;
  CHECK(last.text == "all of you");
  CHECK(last.mention_all);
  CHECK_FALSE(last.mentioned);  // tom said it
}

TEST_CASE("beyond v1: bytes arrive as they were, by whichever way") {
  Stage stage;
  Message bytes = Stage::text(kBytes);
  bytes.binary = true;
  const Receipt receipt = stage.say(*stage.toms, bytes);
  stage.jerry.heard->waitForMessages(1);
  CHECK(stage.jerry.heard->messages()[0].binary);
  CHECK(stage.jerry.heard->messages()[0].text == kBytes);
  Answer<Receipt> to_peer;
  bytes.to = {"jerry"};
  stage.tom.session->send(bytes, to_peer);
  to_peer.value();
  stage.jerry.heard->waitForMessages(2);
  CHECK(stage.jerry.heard->messages()[1].text == kBytes);
  Answer<std::vector<Message>> page;
  stage.jerrys->history({}, page);
  CHECK(page.value().at(0).text == kBytes);
  CHECK(page.value().at(0).binary);
  Answer<std::vector<UnreadCount>> counts;
  stage.jerry.session->unread(counts);
  for (const UnreadCount& each : counts.value()) CHECK(each.last.text == kBytes);
  // An edit is what its message says it is.
  Message kept = bytes;
  kept.to.clear();
  kept.id = receipt.message_id;
  kept.timestamp = receipt.timestamp;
  kept.mentions = {"jerry"};
  Answer<void> edited;
  stage.toms->edit(kept, kBytes + "!", edited);
  edited.value();
  stage.jerry.heard->waitForMessages(3);
  const Message changed = stage.jerry.heard->messages()[2];
  CHECK(changed.text == kBytes + "!");
  CHECK(changed.binary);
  CHECK(changed.mentioned);
}

TEST_CASE("beyond v1: bytes that are too long are refused before they are sent, by their base64") {
  Stage stage;
  const auto codeOf = [&](std::size_t size) {
    Message message = Stage::text(std::string(size, '\xff'));
    message.binary = true;
    Answer<Receipt> sent;
    stage.toms->send(message, sent);
    return sent.code();
  };
  CHECK(codeOf(3800) == Errc::MessageTooLong);
  std::size_t longest = 3800;
  while (codeOf(--longest) != Errc::Ok) REQUIRE(longest > 3500);
  stage.jerry.heard->waitForMessages(1);
  CHECK(stage.jerry.heard->messages()[0].text.size() == longest);
  Message text = Stage::text("\xff");
  Answer<Receipt> sent;
  stage.toms->send(text, sent);
  CHECK(sent.code() == Errc::InvalidArgument);
}

TEST_CASE("beyond v1: a will is said when the connection is lost, also the next one, and no more") {
  Stage stage;
  Message will = Stage::text("tom is gone");
  will.group_id = stage.group->groupId();
  will.mention_all = true;
  Answer<void> set;
  stage.tom.session->setWill(will, set);
  set.value();
  for (std::size_t times = 1; times <= 2; ++times) {
    pause(stage.tom);
    stage.jerry.heard->wait("onGroupMessage tom: tom is gone", times);
    stage.tom.manager->resume();
    stage.tom.heard->wait("onSessionResumed", times);
    // A call behind it is answered, so the will has been left anew.
    stage.say(*stage.toms, Stage::text("back"));
  }
  CHECK(stage.jerry.heard->messages()[0].transient);
  CHECK(stage.jerry.heard->messages()[0].mentioned);
  Answer<void> cleared;
  stage.tom.session->clearWill(cleared);
  cleared.value();
  pause(stage.tom);
  stage.tom.manager->resume();
  stage.tom.heard->wait("onSessionResumed", 3);
  stage.say(*stage.toms, Stage::text("last"));
  stage.jerry.heard->wait("onGroupMessage tom: last");
  CHECK(stage.jerry.heard->count("onGroupMessage tom: tom is gone") == 2);
}

TEST_CASE(
    "beyond v1: a session that is closed says no will, and one that may not speak leaves none") {
  Stage stage;
  Message will = Stage::text("tom is gone");
  will.group_id = stage.group->groupId();
  Answer<void> set;
  stage.tom.session->setWill(will, set);
  set.value();
  stage.tom.close();
  Device spike(stage.server.options(), "spike");
  spike.open();
  Answer<void> stranger;
  spike.session->setWill(will, stranger);
  CHECK(stranger.code() == Errc::InvalidTarget);
  Answer<void> nowhere;
  will.group_id.clear();
  spike.session->setWill(will, nowhere);
  CHECK(nowhere.code() == Errc::InvalidArgument);
  stage.say(*stage.jerrys, Stage::text("bye"));
  CHECK(stage.jerry.heard->count("onGroupMessage tom") == 0);
}

TEST_CASE("beyond v1: the creator makes managers, who silence and block those below them") {
  Stage stage;
  Device spike(stage.server.options(), "spike");
  spike.open();
  stage.tom.invite(*stage.group, {"spike"});
  spike.heard->wait("onInvitedToGroup");
  const auto spikes = spike.session->conversation(stage.group->groupId());
  using Peers = std::vector<std::string>;
  Answer<Peers> early;
  stage.jerrys->silence({"spike"}, early);
  CHECK(early.code() == Errc::Rejected);
  Answer<void> made;
  stage.toms->addManager("jerry", made);
  made.value();
  stage.jerry.heard->wait("onStandingChanged manager jerry by tom");
  spike.heard->wait("onStandingChanged manager jerry by tom");
  CHECK(peersThatAre(*spikes, PeerStanding::Manager) == Peers{"jerry"});

  Answer<Peers> silenced;
  stage.jerrys->silence({"spike", "tom"}, silenced);
  CHECK(silenced.value() == Peers{"spike"});
  stage.tom.heard->wait("onStandingChanged silenced spike by jerry");
  spike.heard->wait("onStandingChanged silenced spike by jerry");
  CHECK(spike.heard->count("onStandingChanged silenced") == 1);
  CHECK(peersThatAre(*stage.toms, PeerStanding::Silenced) == Peers{"spike"});
  Answer<Receipt> said;
  spikes->send(Stage::text("let me"), said);
  CHECK(said.code() == Errc::Rejected);
  Answer<Peers> lifted;
  stage.jerrys->unsilence({"spike"}, lifted);
  lifted.value();
  spike.heard->wait("onStandingChanged not silenced spike by jerry");
  stage.say(*spikes, Stage::text("thanks"));

  Answer<Peers> blocked;
  stage.jerrys->block({"spike"}, blocked);
  CHECK(blocked.value() == Peers{"spike"});
  spike.heard->wait("onStandingChanged blocked spike by jerry");
  spike.heard->wait("onLeft " + stage.group->groupId() + " by jerry");
  stage.tom.heard->wait("onStandingChanged blocked spike by jerry");
  stage.tom.heard->wait("onMembersLeft spike by jerry");
  CHECK(peersThatAre(*stage.toms, PeerStanding::Blocked) == Peers{"spike"});
  Answer<Peers> again;
  stage.group->invite({"spike"}, again);
  CHECK(again.value().empty());
  Answer<Peers> let_in;
  stage.jerrys->unblock({"spike"}, let_in);
  let_in.value();
  stage.tom.invite(*stage.group, {"spike"});
  spike.heard->wait("onInvitedToGroup", 2);

  Answer<void> unmade;
  stage.toms->removeManager("jerry", unmade);
  unmade.value();
  stage.jerry.heard->wait("onStandingChanged not manager jerry by tom");
  CHECK(peersThatAre(*stage.toms, PeerStanding::Manager).empty());
  Answer<Peers> none;
  stage.toms->silence({}, none);
  CHECK(none.code() == Errc::InvalidArgument);
}

TEST_CASE("beyond v1: where signatures are required the factory signs who is kept out") {
  ServerOptions options = serverOptions();
  options.apps.front().require_signature = true;
  TestServer server(options);
  Options client = server.options();
  client.signature_factory = LocalSignatureFactory::make(kMasterKey);
  Device tom(client, "tom");
  tom.open();
  const auto group = tom.newGroup();
  Answer<std::vector<std::string>> blocked;
  tom.session->conversation(group->groupId())->block({"spike", "butch"}, blocked);
  CHECK(joined(blocked.value()) == "butch,spike");
}

TEST_CASE("beyond v1: what happened during a pause is told once, in order, when it is over") {
  Stage stage;
  Message first = Stage::text("mistkae");
  const Receipt receipt = stage.say(*stage.toms, first);
  first.id = receipt.message_id;
  first.timestamp = receipt.timestamp;
  stage.jerry.heard->waitForMessages(1);
  pause(stage.jerry);
  stage.jerry.heard->clear();

  stage.tom.invite(*stage.group, {"spike"});
  Answer<void> updated;
  stage.toms->update(R"({"topic":"mice"})", updated);
  updated.value();
  Answer<std::vector<std::string>> kicked;
  stage.group->kick({"spike"}, kicked);
  kicked.value();
  Answer<void> edited;
  stage.toms->edit(first, "mistake", edited);
  edited.value();
  const auto second = stage.tom.newGroup();
  stage.tom.invite(*second, {"jerry"});

  stage.jerry.manager->resume();
  stage.jerry.heard->wait("onMessageEdited tom: mistake");
  std::vector<std::string> lines = stage.jerry.heard->lines();
  std::erase_if(lines, [](const std::string& line) {
    return line.rfind("onReconnecting", 0) == 0 || line.rfind("onSession", 0) == 0;
  });
  CHECK(lines ==
        std::vector<std::string>{
            "onMembersJoined spike by tom", R"(onConversationUpdated {"topic":"mice"} by tom)",
            "onMembersLeft spike by tom", "onInvitedToGroup " + second->groupId() + " by tom",
            "onMembersJoined jerry by tom", "onMessageEdited tom: mistake"});
  // After another pause, in which nothing happened, nothing is told.
  pause(stage.jerry);
  stage.jerry.heard->clear();
  stage.jerry.manager->resume();
  Answer<void> marked;
  stage.jerrys->markRead(receipt.timestamp, marked);
  marked.value();
  stage.say(*stage.toms, Stage::text("well"));
  stage.jerry.heard->wait("onGroupMessage tom: well");
  CHECK(stage.jerry.heard->count("onMembers") == 0);
  CHECK(stage.jerry.heard->count("onMessageEdited") == 0);
  CHECK(stage.jerry.heard->count("onEventsMissed") == 0);
}

TEST_CASE("beyond v1: with a server that speaks v1 alone each of these calls fails the same way") {
  WsPeer original([](WsTalk& talk) {
    talk.shakeHands();
    talk.readFrame();
    talk.sendText(
        R"({"cmd":"session","op":"opened","peerId":"tom","i":1,"onlineSessionPeerIds":[]})");
    talk.waitForEnd();
  });
  Device tom(clientOptions(original.url()), "tom");
  tom.open();
  const Capabilities there = tom.manager->capabilities();
  CHECK_FALSE((there.mentions || there.binary || there.wills || there.roles || there.catch_up));
  CHECK_FALSE((there.temporary || there.marks));
  const auto conversation = tom.session->conversation("0123456789abcdef01234567");
  std::vector<std::string> details;
  const auto failed = [&](const auto& result) {
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Errc::NotSupported);
    details.push_back(result.error().detail);
  };
  Message plain = Stage::text("hi");
  plain.group_id = conversation->id();
  Message kept = plain;
  kept.id = "m1";
  kept.timestamp = Timestamp(std::chrono::milliseconds(1));
  const std::vector<std::function<void(Completion)>> calls{
      [&](Completion done) { tom.session->setWill(plain, std::move(done)); },
      [&](Completion done) { tom.session->clearWill(std::move(done)); },
      [&](Completion done) { conversation->addManager("bob", std::move(done)); },
      [&](Completion done) { conversation->removeManager("bob", std::move(done)); },
      [&](Completion done) { conversation->edit(kept, "x", std::move(done)); },
      [&](Completion done) { conversation->recall(kept, std::move(done)); },
      [&](Completion done) { conversation->markRead(kept.timestamp, std::move(done)); },
      [&](Completion done) { conversation->update("{}", std::move(done)); },
      [&](Completion done) { conversation->mute(std::move(done)); },
      [&](Completion done) { conversation->unmute(std::move(done)); }};
  for (const auto& call : calls) {
    Answer<void> done;
    call(done);
    failed(done.get());
  }
  using Peers = std::vector<std::string>;
  const std::vector<std::function<void(PeersCompletion)>> of_peers{
      [&](PeersCompletion done) { conversation->silence({"bob"}, std::move(done)); },
      [&](PeersCompletion done) { conversation->unsilence({"bob"}, std::move(done)); },
      [&](PeersCompletion done) { conversation->block({"bob"}, std::move(done)); },
      [&](PeersCompletion done) { conversation->unblock({"bob"}, std::move(done)); },
      [&](PeersCompletion done) {
        conversation->peersThatAre(PeerStanding::Blocked, std::move(done));
      }};
  for (const auto& call : of_peers) {
    Answer<Peers> done;
    call(done);
    failed(done.get());
  }
  Message bytes = plain;
  bytes.binary = true;
  Message named = plain;
  named.mentions = {"bob"};
  Message all = plain;
  all.mention_all = true;
  for (const Message& message : {bytes, named, all}) {
    Answer<Receipt> sent;
    tom.session->send(message, sent);
    failed(sent.get());
  }
  Answer<std::vector<Message>> page;
  conversation->history({}, page);
  failed(page.get());
  Answer<ConversationInfo> info;
  conversation->info(info);
  failed(info.get());
  Answer<std::vector<UnreadCount>> counts;
  tom.session->unread(counts);
  failed(counts.get());
  Answer<std::vector<ConversationInfo>> found;
  tom.session->conversations({}, found);
  failed(found.get());
  NewConversation temporary;
  temporary.temporary = true;
  for (const NewConversation& what : {NewConversation{}, temporary}) {
    Answer<std::shared_ptr<Conversation>> made;
    tom.session->createConversation(what, made);
    failed(made.get());
  }
  Answer<std::vector<MemberMarks>> marks;
  conversation->marks(marks);
  failed(marks.get());
  ConversationQuery by_id;
  by_id.temporary = {"_tmp:0123456789abcdef01234567"};
  Answer<std::vector<ConversationInfo>> by_ids;
  tom.session->conversations(by_id, by_ids);
  failed(by_ids.get());
  Answer<ConversationInfo> of_temporary;
  tom.session->conversation(by_id.temporary.front())->info(of_temporary);
  failed(of_temporary.get());
  CHECK(std::count(details.begin(), details.end(), details.front()) ==
        static_cast<std::ptrdiff_t>(details.size()));
}
