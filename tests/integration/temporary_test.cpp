// SPDX-License-Identifier: Apache-2.0
// Conversations that end by themselves, and how far the others have come, against the real server.
#include <functional>

#include "support/test_server.hpp"

using namespace kith;
using namespace kith::testing;
using namespace std::chrono_literals;

namespace {

/// tom and jerry, each with a device.
struct Stage {
  Stage() {
    tom.open();
    jerry.open();
  }
  static std::shared_ptr<Conversation> make(Device& device, const NewConversation& what) {
    Answer<std::shared_ptr<Conversation>> made;
    device.session->createConversation(what, made);
    return made.value();
  }

  TestServer server;
  Device tom{server.options(), "tom"};
  Device jerry{server.options(), "jerry"};
};

NewConversation lasting(std::chrono::seconds lifetime, bool unique = false) {
  NewConversation what;
  what.members = {"jerry"};
  what.unique = unique;
  what.temporary = true;
  what.lifetime = lifetime;
  return what;
}

Receipt say(Conversation& conversation, const std::string& text) {
  Message message;
  message.text = text;
  Answer<Receipt> sent;
  conversation.send(message, sent);
  return sent.value();
}

ConversationInfo infoOf(Conversation& conversation) {
  Answer<ConversationInfo> info;
  conversation.info(info);
  return info.value();
}

std::vector<ConversationInfo> find(Session& session, const ConversationQuery& query) {
  Answer<std::vector<ConversationInfo>> found;
  session.conversations(query, found);
  return found.value();
}

/// For example `jerry acked 2 read 1`, where the numbers are those of the messages; 0 = none.
std::string marksOf(Conversation& conversation, const std::vector<Receipt>& said) {
  Answer<std::vector<MemberMarks>> marks;
  conversation.marks(marks);
  const auto numberOf = [&](Timestamp time) {
    std::size_t number = said.size();
    while (number > 0 && said[number - 1].timestamp != time) --number;
    return std::to_string(number);
  };
  std::string text;
  for (const MemberMarks& each : marks.value()) {
    if (!text.empty()) text += ", ";
    text += each.peer + " acked " + numberOf(each.acked) + " read " + numberOf(each.read);
  }
  return text;
}

}  // namespace

TEST_CASE("temporary: its members talk in it, and learn from its id when it is over") {
  Stage stage;
  const auto toms = Stage::make(stage.tom, lasting(1h));
  stage.jerry.heard->wait("onInvitedToGroup " + toms->id() + " by tom");
  const Receipt receipt = say(*toms, "quick");
  stage.jerry.heard->wait("onGroupMessage tom: quick");
  const Timestamp made = toms->ends() - 1h;
  CHECK(made <= receipt.timestamp);
  CHECK(receipt.timestamp - made < 60s);

  const auto jerrys = stage.jerry.session->conversation(toms->id());
  CHECK(jerrys->ends() == Timestamp{});
  const ConversationInfo info = infoOf(*jerrys);
  CHECK(info.id == toms->id());
  CHECK(info.creator == "tom");
  CHECK(joined(info.members) == "jerry,tom");
  CHECK(info.ends - toms->ends() < 1s);
  CHECK(toms->ends() - info.ends < 1s);
  Answer<std::vector<Message>> page;
  jerrys->history({}, page);
  CHECK(page.value().at(0).id == receipt.message_id);
}

TEST_CASE("temporary: it is found by its id alone, with its last message when that is asked for") {
  Stage stage;
  const auto first = Stage::make(stage.tom, lasting(1h));
  const auto second = Stage::make(stage.tom, lasting(0s));
  const auto stays = Stage::make(stage.tom, {.members = {"jerry"}});
  CHECK(second->ends() - first->ends() > 22h);
  CHECK(stays->ends() == Timestamp{});
  CHECK(infoOf(*stays).ends == Timestamp{});
  say(*first, "quick");
  const auto mine = find(*stage.jerry.session, {});
  REQUIRE(mine.size() == 1);
  CHECK(mine[0].id == stays->id());
  ConversationQuery by_id;
  by_id.temporary = {first->id(), second->id(), "_tmp:0123456789abcdef01234567"};
  by_id.limit = 1;  // as many as are named
  by_id.last_messages = true;
  const auto named = find(*stage.jerry.session, by_id);
  REQUIRE(named.size() == 2);
  const auto& one = named[0].id == first->id() ? named[0] : named[1];
  CHECK(one.last.text == "quick");
  by_id.temporary = {stays->id()};
  Answer<std::vector<ConversationInfo>> wrong;
  stage.jerry.session->conversations(by_id, wrong);
  CHECK(wrong.code() == Errc::InvalidArgument);
}

TEST_CASE("temporary: a unique one is the same for both, and not the one that stays") {
  Stage stage;
  const auto toms = Stage::make(stage.tom, lasting(1h, true));
  NewConversation back = lasting(2h, true);
  back.members = {"tom"};
  const auto jerrys = Stage::make(stage.jerry, back);
  CHECK(jerrys->id() == toms->id());
  CHECK(jerrys->ends() - toms->ends() < 1s);
  CHECK(toms->ends() - jerrys->ends() < 1s);
  const NewConversation pair{.members = {"jerry"}, .unique = true};
  CHECK(Stage::make(stage.tom, pair)->id() != toms->id());
}

TEST_CASE("temporary: when it is over every call about it says so, with one error") {
  Stage stage;
  const auto toms = Stage::make(stage.tom, lasting(1s));
  Error over;
  REQUIRE(eventually([&] {
    Answer<ConversationInfo> info;
    toms->info(info);
    const Result<ConversationInfo> result = info.get();
    if (!result.ok()) over = result.error();
    return !result.ok();
  }));
  CHECK(over.code == Errc::GroupNotFound);
  CHECK(over.server_code == 4323);
  CHECK(over.detail.find("the temporary conversation is over") != std::string::npos);
  Message late;
  late.text = "late";
  Answer<Receipt> sent;
  toms->send(late, sent);
  CHECK(sent.get().error() == over);
  Answer<std::vector<Message>> page;
  toms->history({}, page);
  CHECK(page.get().error() == over);
  Answer<std::vector<MemberMarks>> marks;
  toms->marks(marks);
  CHECK(marks.get().error() == over);
  Answer<std::vector<std::string>> invited;
  stage.tom.session->group(toms->id())->invite({"spike"}, invited);
  CHECK(invited.get().error() == over);
  late.group_id = toms->id();
  const std::vector<std::function<void(Completion)>> calls{
      [&](Completion done) { toms->markRead(toms->ends(), std::move(done)); },
      [&](Completion done) { toms->update(R"({"a":1})", std::move(done)); },
      [&](Completion done) { toms->mute(std::move(done)); },
      [&](Completion done) { toms->addManager("jerry", std::move(done)); },
      [&](Completion done) { stage.tom.session->setWill(late, std::move(done)); }};
  for (const auto& call : calls) {
    Answer<void> done;
    call(done);
    CHECK(done.get().error() == over);
  }
  CHECK(stage.jerry.heard->count("onGroupMessage tom: late") == 0);
}

TEST_CASE("temporary: ten members are in it at most, and what is wrong is said before it is sent") {
  Stage stage;
  NewConversation many = lasting(1h);
  for (int i = 0; i < 9; ++i) many.members.push_back("peer" + std::to_string(i));
  Answer<std::shared_ptr<Conversation>> crowd;
  stage.tom.session->createConversation(many, crowd);
  CHECK(crowd.code() == Errc::GroupFull);
  NewConversation stays = lasting(1h);
  stays.temporary = false;
  for (const NewConversation& what : {lasting(25h), lasting(-1s), stays}) {
    Answer<std::shared_ptr<Conversation>> made;
    stage.tom.session->createConversation(what, made);
    CHECK(made.code() == Errc::InvalidArgument);
  }
}

TEST_CASE("marks: a member learns how far each of the others has got and read") {
  Stage stage;
  NewConversation what;
  what.members = {"jerry", "spike"};
  const auto toms = Stage::make(stage.tom, what);
  const auto jerrys = stage.jerry.session->conversation(toms->id());
  std::vector<Receipt> said;
  CHECK(marksOf(*toms, said) == "jerry acked 0 read 0, spike acked 0 read 0");
  for (const char* text : {"one", "two"}) {
    const Timestamp last = said.empty() ? Timestamp{} : said.back().timestamp;
    Receipt next = say(*toms, text);
    // Their times tell them apart.
    while (next.timestamp == last) next = say(*toms, text);
    said.push_back(next);
  }
  stage.jerry.heard->wait("onGroupMessage tom: two");
  Answer<void> marked;
  jerrys->markRead(said[0].timestamp, marked);
  marked.value();
  // The acknowledgement is on its way.
  REQUIRE(eventually(
      [&] { return marksOf(*toms, said) == "jerry acked 2 read 1, spike acked 0 read 0"; }));
  Device spike(stage.server.options(), "spike");
  spike.open();
  REQUIRE(eventually(
      [&] { return marksOf(*toms, said) == "jerry acked 2 read 1, spike acked 2 read 0"; }));
  const std::string seen = marksOf(*jerrys, said);
  CHECK(seen.rfind("spike acked 2 read 0, tom ", 0) == 0);
}

TEST_CASE("marks: of a pair there is the other one, and for strangers there are none") {
  Stage stage;
  const auto toms = Stage::make(stage.tom, {.members = {"jerry"}, .unique = true});
  const std::vector<Receipt> said{say(*toms, "hi")};
  stage.jerry.heard->wait("onMessage tom: hi");
  Answer<void> marked;
  stage.jerry.session->conversation(toms->id())->markRead(said[0].timestamp, marked);
  marked.value();
  REQUIRE(eventually([&] { return marksOf(*toms, said) == "jerry acked 1 read 1"; }));
  Device eve(stage.server.options(), "eve");
  eve.open();
  Answer<std::vector<MemberMarks>> marks;
  eve.session->conversation(toms->id())->marks(marks);
  CHECK(marks.code() == Errc::NotAMember);
  const auto room = stage.tom.session->group();
  Answer<std::string> opened;
  room->createOpen(opened);
  Answer<std::vector<MemberMarks>> of_room;
  stage.tom.session->conversation(opened.value())->marks(of_room);
  CHECK(of_room.code() == Errc::NotAMember);
}
