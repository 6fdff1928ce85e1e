// SPDX-License-Identifier: Apache-2.0
// Groups, and the two HTTP calls, through real sockets (avos-v1 §9, §11).
#include <set>

#include "support/test_server.hpp"

using namespace kith;
using namespace kith::testing;
using Peers = std::vector<std::string>;

namespace {

struct Three {
  TestServer server;
  Device tom{server.options(), "tom"};
  Device jerry{server.options(), "jerry"};
  Device jim{server.options(), "jim"};

  Three() {
    tom.open();
    jerry.open();
    jim.open();
  }
};

Message text(const std::string& what) {
  Message message;
  message.text = what;
  return message;
}

}  // namespace

TEST_CASE("group: join without an id creates it, and the object has the id inside the completion") {
  Three peers;
  const auto group = peers.tom.session->group();
  Answer<std::string> inside;
  group->join([&](Result<std::string> id) {
    REQUIRE(id.ok());
    inside(*id == group->groupId() ? *id : "another");
  });
  const std::string id = inside.value();
  CHECK(id.size() == 24);
  CHECK(peers.tom.session->group(id) == group);
  peers.tom.heard->wait("onJoined " + id);
  peers.tom.heard->wait("onMembersJoined tom by tom");
  CHECK(group->knownMembers() == Peers{"tom"});
}

TEST_CASE("group: invite, message, kick, leave: everybody hears what avos-v1 §9.2 says") {
  Three peers;
  const auto group = peers.tom.newGroup();
  const std::string id = group->groupId();
  CHECK(joined(peers.tom.invite(*group, {"jerry", "jim"})) == "jerry,jim");
  peers.tom.heard->wait("onInvited jerry,jim");
  peers.tom.heard->wait("onMembersJoined jerry,jim by tom");
  for (Device* invited : {&peers.jerry, &peers.jim}) {
    invited->heard->wait("onInvitedToGroup " + id + " by tom");
    invited->heard->wait("onMembersJoined jerry,jim by tom");
  }
  CHECK(group->knownMembers() == Peers{"jerry", "jim", "tom"});
  // Inviting a member changes nothing.
  CHECK(peers.tom.invite(*group, {"jim"}).empty());

  Answer<Receipt> sent;
  REQUIRE(peers.jerry.session->group(id)->send(text("hello all"), sent));
  const std::string message_id = sent.value().message_id;
  peers.jerry.heard->wait("onGroupMessageSent hello all");
  peers.tom.heard->wait("onGroupMessage jerry: hello all");
  peers.jim.heard->wait("onGroupMessage jerry: hello all");
  CHECK(peers.tom.heard->messages().back().id == message_id);
  CHECK(peers.tom.heard->messages().back().group_id == id);
  CHECK(peers.jerry.heard->messages().empty());

  Answer<Peers> kicked;
  group->kick({"jim", "stranger"}, kicked);
  CHECK(kicked.value() == Peers{"jim"});
  peers.tom.heard->wait("onKicked jim");
  peers.tom.heard->wait("onMembersLeft jim by tom");
  peers.jerry.heard->wait("onMembersLeft jim by tom");
  peers.jim.heard->wait("onLeft " + id + " by tom");
  CHECK(peers.jim.heard->count("onMembersLeft") == 0);
  CHECK(peers.jim.session->group(id)->knownMembers().empty());

  Answer<void> left;
  peers.jerry.session->group(id)->leave(left);
  left.value();
  peers.jerry.heard->wait("onLeft " + id + " by jerry");
  CHECK(peers.jerry.session->group(id)->knownMembers().empty());
  peers.tom.heard->wait("onMembersLeft jerry by jerry");
  CHECK(group->knownMembers() == Peers{"tom"});
}

TEST_CASE("group: joining by id, with the object that holds it") {
  Three peers;
  const std::string id = peers.tom.newGroup()->groupId();
  Answer<std::string> in;
  const auto group = peers.jerry.session->group(id);
  group->join(in);
  CHECK(in.value() == id);
  peers.jerry.heard->wait("onJoined " + id);
  peers.tom.heard->wait("onMembersJoined jerry by jerry");
}

TEST_CASE("group: what the server refuses fails and is told as rejected") {
  Three peers;
  Answer<std::string> unknown;
  const auto ghost = peers.tom.session->group("000000000000000000000000");
  ghost->join(unknown);
  CHECK(unknown.code() == Errc::GroupNotFound);
  peers.tom.heard->wait("onReject  GroupNotFound");
  const auto group = peers.jerry.newGroup();
  Answer<Peers> invited, kicked;
  const auto foreign = peers.tom.session->group(group->groupId());
  foreign->invite({"jim"}, invited);
  CHECK(invited.code() == Errc::NotAMember);
  peers.tom.heard->wait("onReject jim NotAMember");
  foreign->kick({"jerry"}, kicked);
  CHECK(kicked.code() == Errc::NotAMember);
  Answer<Receipt> sent;
  foreign->send(text("let me in"), sent);
  CHECK(sent.code() == Errc::InvalidTarget);
  peers.tom.heard->wait("onGroupMessageFailure let me in InvalidTarget");
}

TEST_CASE("group: it is full at the app's limit") {
  ServerOptions options = serverOptions();
  options.apps[0].group_members = 2;
  TestServer server(options);
  Device tom(server.options(), "tom");
  tom.open();
  const auto group = tom.newGroup();
  tom.invite(*group, {"jerry"});
  Answer<Peers> invited;
  group->invite({"jim"}, invited);
  CHECK(invited.code() == Errc::GroupFull);
}

TEST_CASE("group: who was away gets its messages at the next open") {
  Three peers;
  const auto group = peers.tom.newGroup();
  peers.tom.invite(*group, {"jerry", "away"});
  Answer<Receipt> sent;
  group->send(text("for later"), sent);
  sent.value();
  Device away(peers.server.options(), "away");
  away.open();
  away.heard->wait("onGroupMessage tom: for later");
  CHECK(away.heard->messages()[0].offline);
  CHECK(away.heard->messages()[0].group_id == group->groupId());
}

TEST_CASE("group: an open group keeps no members and delivers as transient") {
  Three peers;
  const auto stage = peers.tom.session->group();
  Answer<std::string> created;
  stage->createOpen(created);
  const std::string id = created.value();
  Answer<std::string> in;
  const auto seat = peers.jerry.session->group(id);
  seat->join(in);
  CHECK(in.value() == id);
  Answer<Receipt> sent;
  stage->send(text("live!"), sent);
  sent.value();
  peers.jerry.heard->wait("onGroupMessage tom: live!");
  CHECK(peers.jerry.heard->messages().back().transient);
  CHECK(peers.tom.heard->count("onMembersJoined") == 0);
}

TEST_CASE("group: members are asked over HTTP (row 24)") {
  Three peers;
  const auto group = peers.tom.newGroup();
  peers.tom.invite(*group, {"jerry"});
  Answer<Peers> members;
  group->members(members);
  CHECK(joined(members.value()) == "jerry,tom");
  Answer<Peers> missing;
  peers.tom.session->group("000000000000000000000000")->members(missing);
  CHECK(missing.code() == Errc::GroupNotFound);
}

TEST_CASE("group: history is asked over HTTP, of pairs and of groups (row 26)") {
  Three peers;
  peers.tom.send("first", {"jerry"});
  peers.jerry.send("second", {"tom"});
  Answer<std::vector<Message>> pair;
  peers.tom.manager->history("tom", {"jerry", "", {}, 10}, pair);
  const auto messages = pair.value();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].text == "second");
  CHECK(messages[0].from == "jerry");
  CHECK(messages[1].text == "first");
  CHECK(messages[1].to == Peers{"jerry"});
  Answer<std::vector<Message>> older;
  HistoryQuery query{"jerry", "", {}, 1};
  peers.tom.manager->history("tom", query.olderThan(messages[0]), older);
  REQUIRE(older.value().size() == 1);
  CHECK(older.value()[0].text == "first");

  const auto group = peers.tom.newGroup();
  Answer<Receipt> sent;
  group->send(text("to all"), sent);
  sent.value();
  Answer<std::vector<Message>> of_group;
  peers.tom.manager->history("tom", {"", group->groupId(), {}, 10}, of_group);
  REQUIRE(of_group.value().size() == 1);
  CHECK(of_group.value()[0].text == "to all");
  CHECK(of_group.value()[0].group_id == group->groupId());
}

TEST_CASE("group: history by pages skips nothing of a burst, which has few times") {
  const TempFolder folder;
  for (const std::string& data : {std::string(":memory:"), folder.path()}) {
    CAPTURE(data);
    ServerOptions server_options = serverOptions();
    server_options.data = data;
    TestServer server(server_options);
    Device tom(server.options(), "tom");
    tom.open();
    constexpr int kMessages = 60;
    std::vector<Answer<Receipt>> sent(kMessages);
    for (int i = 0; i < kMessages; ++i) {
      Message message = text("line " + std::to_string(i));
      message.to = {"jerry"};
      tom.session->send(std::move(message), sent[static_cast<std::size_t>(i)]);
    }
    for (auto& one : sent) one.value();
    for (const int limit : {7, 25}) {
      for (const bool by_id : {false, true}) {
        CAPTURE(limit, by_id);
        HistoryQuery query{"jerry", "", {}, limit};
        std::vector<std::string> seen;
        for (int pages = 0; pages < kMessages + 1; ++pages) {
          Answer<std::vector<Message>> page;
          tom.manager->history("tom", query, page);
          const auto messages = page.value();
          if (messages.empty()) break;
          for (const Message& message : messages) seen.push_back(message.text);
          if (by_id) {
            query.olderThan(messages.back());
          } else {
            query.before = messages.back().timestamp;
          }
        }
        REQUIRE(seen.size() == kMessages);
        for (std::size_t i = 0; i < seen.size(); ++i) {
          CHECK(seen[i] == "line " + std::to_string(kMessages - 1 - i));
        }
      }
    }
  }
}

TEST_CASE("group: history of long messages comes whole, however many megabytes it has") {
  TestServer server;
  Device tom(server.options(), "tom");
  tom.open();
  constexpr std::size_t kMessages = 450;
  const std::string body(4700, 'x');
  std::vector<Answer<Receipt>> sent(kMessages);
  for (auto& one : sent) {
    Message message = text(body);
    message.to = {"jerry"};
    tom.session->send(std::move(message), one);
  }
  for (auto& one : sent) one.value();
  Answer<std::vector<Message>> all;
  tom.manager->history("tom", {"jerry", "", {}, 1000}, all);
  const auto messages = all.value();
  REQUIRE(messages.size() == kMessages);  // two megabytes
  std::set<std::string> ids;
  for (const Message& message : messages) {
    CHECK(message.text.size() == body.size());
    ids.insert(message.id);
  }
  CHECK(ids.size() == kMessages);
}

TEST_CASE("group: with an app key on the server, reading needs it") {
  ServerOptions options = serverOptions();
  options.apps[0].app_key = "read-key";
  TestServer server(options);
  Device without(server.options(), "tom");
  without.open();
  without.send("x", {"jerry"});
  Answer<std::vector<Message>> refused, allowed;
  without.manager->history("tom", {"jerry", "", {}, 10}, refused);
  CHECK(refused.code() == Errc::Rejected);
  Options with = server.options();
  with.app_key = "read-key";
  SessionManager manager(with);
  manager.history("tom", {"jerry", "", {}, 10}, allowed);
  CHECK(allowed.value().size() == 1);
}
