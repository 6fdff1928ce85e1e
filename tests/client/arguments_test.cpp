// SPDX-License-Identifier: Apache-2.0
// Bad input from the application is an error value that names the field (contract 5), and every
// "fix your call" code of Errc has a call here that produces it.
#include <kith/kith.hpp>

#include <memory>

#include "net/client/loop.hpp"
#include "support/catch.hpp"
#include "support/recorder.hpp"
#include "support/waiter.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using kith::testing::Answer;
using Peers = std::vector<std::string>;

namespace {

Options offline() {
  static const std::uint16_t port = kith::testing::closedPort();
  Options options;
  options.app_id = "demo";
  options.server = "ws://127.0.0.1:" + std::to_string(port);
  return options;
}

/// A session that was opened; the server is not there, which is not noticed at once.
struct Opened {
  SessionManager manager;
  std::shared_ptr<Session> tom;

  explicit Opened(Options options = offline())
      : manager(std::move(options)), tom(manager.session("tom")) {
    tom->open();
  }
};

template <typename T>
std::string fieldOf(const Answer<T>& answer) {
  const Result<T> result = answer.get();
  REQUIRE_FALSE(result.ok());
  return result.error().detail.substr(0, result.error().detail.find(':'));
}

}  // namespace

TEST_CASE("arguments: a manager with bad options tells so in check() and in every operation") {
  Options options = offline();
  options.app_id.clear();
  SessionManager manager(options);
  REQUIRE_FALSE(manager.check().ok());
  CHECK(manager.check().error().code == Errc::InvalidArgument);
  const auto tom = manager.session("tom");
  Answer<void> opened, closed, paused;
  Answer<Peers> watched, members;
  Answer<Receipt> sent;
  Answer<std::vector<Message>> history;
  tom->open({}, opened);
  tom->watch({"bob"}, watched);
  tom->group("g")->members(members);
  CHECK(tom->send({"hi", {"bob"}, ""}, sent).refused == Errc::InvalidArgument);
  tom->close(closed);
  manager.pause(paused);
  manager.resume();
  manager.networkChanged();
  manager.history("tom", {"bob", "", {}, 1}, history);
  for (const std::string& field :
       {fieldOf(opened), fieldOf(watched), fieldOf(members), fieldOf(sent), fieldOf(closed),
        fieldOf(paused), fieldOf(history)}) {
    CHECK(field == "app_id");
  }
  Answer<void> ended;
  manager.close(ended);
  ended.value();
}

TEST_CASE("arguments: a session of a bad peer id is never null and refuses everything") {
  SessionManager manager(offline());
  const auto nobody = manager.session("");
  REQUIRE(nobody != nullptr);
  Answer<void> opened;
  nobody->open({}, opened);
  CHECK(opened.code() == Errc::InvalidPeerId);
  CHECK(fieldOf(opened) == "peer_id");
  CHECK(nobody->send({"hi", {"bob"}, ""}).refused == Errc::InvalidPeerId);
}

TEST_CASE("arguments: nothing but open works on a session that is not open") {
  SessionManager manager(offline());
  const auto tom = manager.session("tom");
  Answer<Peers> watched, unwatched, queried, invited, kicked;
  Answer<std::string> joined;
  Answer<void> left;
  Answer<Receipt> sent;
  tom->watch({"bob"}, watched);
  tom->unwatch({"bob"}, unwatched);
  tom->query({"bob"}, queried);
  const auto group = tom->group("g1");
  group->join(joined);
  group->leave(left);
  group->invite({"bob"}, invited);
  group->kick({"bob"}, kicked);
  const SendTicket ticket = tom->send({"hi", {"bob"}, ""}, sent);
  CHECK_FALSE(ticket);
  CHECK(ticket.refused == Errc::NotOpen);
  CHECK(ticket.client_id.empty());
  for (const Errc code : {watched.code(), unwatched.code(), queried.code(), joined.code(),
                          left.code(), invited.code(), kicked.code(), sent.code()}) {
    CHECK(code == Errc::NotOpen);
  }
}

TEST_CASE("arguments: open twice is AlreadyOpen, and close then open is not") {
  Opened world;
  Answer<void> again, closed, anew;
  world.tom->open({}, again);
  CHECK(again.code() == Errc::AlreadyOpen);
  world.tom->close(closed);
  closed.value();
  CHECK(world.tom->state() == SessionState::Closed);
  world.tom->open({}, anew);
  CHECK(world.tom->state() == SessionState::Opening);
}

TEST_CASE("arguments: peers are checked by every call that takes them") {
  Opened world;
  const auto group = world.tom->group("g1");
  const Peers none, bad{"bob", ""}, many(101, "x");
  Answer<Peers> a, b, c, d, e, f, g, h, i;
  world.tom->watch(none, a);
  world.tom->unwatch(none, b);
  world.tom->query(none, c);
  group->invite(none, d);
  group->kick(none, e);
  CHECK(a.code() == Errc::InvalidArgument);
  CHECK(b.code() == Errc::InvalidArgument);
  CHECK(c.code() == Errc::InvalidArgument);
  CHECK(d.code() == Errc::InvalidArgument);
  CHECK(e.code() == Errc::InvalidArgument);
  world.tom->watch(bad, f);
  CHECK(f.code() == Errc::InvalidPeerId);
  CHECK(fieldOf(f) == "peers[1]");
  world.tom->query(many, g);
  CHECK(g.code() == Errc::TooManyPeers);
  group->kick(many, h);
  CHECK(h.code() == Errc::TooManyPeers);
  group->invite(bad, i);
  CHECK(i.code() == Errc::InvalidPeerId);
  SessionManager manager(offline());
  Answer<void> opened;
  manager.session("bob")->open(many, opened);
  CHECK(opened.code() == Errc::TooManyPeers);
}

TEST_CASE("arguments: send refuses at once what can never go, and says the same later") {
  Opened world;
  const auto refused = [&](Message message) {
    Answer<Receipt> done;
    const SendTicket ticket = world.tom->send(std::move(message), done);
    CHECK_FALSE(ticket);
    CHECK(done.code() == ticket.refused);
    return ticket.refused;
  };
  CHECK(refused({"hi", {}, ""}) == Errc::InvalidArgument);
  CHECK(refused({"hi", {"bob"}, "g1"}) == Errc::InvalidArgument);
  CHECK(refused({"\xff", {"bob"}, ""}) == Errc::InvalidArgument);
  CHECK(refused({"hi", {"bob", "eve"}, "", false, true}) == Errc::InvalidArgument);
  CHECK(refused({"hi", {""}, ""}) == Errc::InvalidPeerId);
  CHECK(refused({"hi", Peers(101, "x"), ""}) == Errc::TooManyPeers);
  CHECK(refused({std::string(5000, 'x'), {"bob"}, ""}) == Errc::MessageTooLong);
  CHECK(world.tom->bufferedBytes() == 0);
}

TEST_CASE("arguments: a full outbox refuses at once, by count and by bytes, and empties again") {
  Options options = offline();
  options.outbox.max_messages = 3;
  options.outbox.max_bytes = 100;
  Opened world(options);
  const auto send = [&](std::size_t size) {
    return world.tom->send({std::string(size, 'x'), {"bob"}, ""}).refused;
  };
  CHECK(send(10) == Errc::Ok);
  CHECK(send(90) == Errc::QueueFull);
  CHECK(send(10) == Errc::Ok);
  CHECK(send(10) == Errc::Ok);
  CHECK(send(1) == Errc::QueueFull);
  CHECK(world.tom->bufferedBytes() == 39);  // three times ten bytes to "bob"
  Answer<void> closed;
  world.tom->close(closed);
  closed.value();
  CHECK(world.tom->bufferedBytes() == 0);
}

TEST_CASE("arguments: a manager takes no more sessions than its limit") {
  SessionManager manager(offline());
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(limits::kSessionsPerManager);
  for (std::size_t i = 0; i < limits::kSessionsPerManager; ++i) {
    all.push_back(manager.session("p" + std::to_string(i)));
  }
  Answer<void> opened;
  manager.session("one-more")->open({}, opened);
  CHECK(fieldOf(opened) == "peer_id");
  Answer<void> again;
  all.pop_back();
  manager.session("p0")->open({}, again);  // one that is there already
  CHECK(manager.stats().sessions >= limits::kSessionsPerManager - 1);
}

TEST_CASE("arguments: client ids are unlike in one manager and between managers") {
  Opened one, two;
  const std::string a = one.tom->send({"hi", {"bob"}, ""}).client_id;
  const std::string b = one.tom->send({"hi", {"bob"}, ""}).client_id;
  const std::string c = two.tom->send({"hi", {"bob"}, ""}).client_id;
  CHECK(a.size() > 11);
  CHECK(a != b);
  CHECK(a.substr(0, 11) == b.substr(0, 11));
  CHECK(a.substr(0, 11) != c.substr(0, 11));
}

TEST_CASE(
    "arguments: client ids sort like the messages were sent, and need no memory of their own") {
  Opened one;
  std::string last;
  for (int i = 0; i < 200; ++i) {
    const std::string next = one.tom->send({"hi", {"bob"}, ""}).client_id;
    REQUIRE(next > last);
    CHECK(next.size() <= 15);
    last = next;
  }
}

TEST_CASE("arguments: group calls need an id, creating needs none") {
  Opened world;
  const auto group = world.tom->group();
  CHECK(group->groupId().empty());
  CHECK(group->selfId() == "tom");
  CHECK(group->session() == world.tom);
  Answer<void> left;
  Answer<Peers> invited, members;
  Answer<Receipt> sent;
  Answer<std::string> open_known, bad_id;
  group->leave(left);
  group->invite({"bob"}, invited);
  group->members(members);
  CHECK(fieldOf(left) == "group_id");
  CHECK(fieldOf(invited) == "group_id");
  CHECK(fieldOf(members) == "group_id");
  CHECK(group->send({"hi", {}, ""}, sent).refused == Errc::InvalidArgument);
  CHECK(fieldOf(sent) == "group_id");
  world.tom->group("g1")->createOpen(open_known);
  CHECK(open_known.code() == Errc::InvalidArgument);
  world.tom->group(std::string(65, 'g'))->join(bad_id);
  CHECK(bad_id.code() == Errc::InvalidArgument);
}

TEST_CASE("arguments: a group is created once, however often join is called meanwhile") {
  Opened world;
  const auto group = world.tom->group();
  Answer<std::string> first, second;
  group->join(first);
  group->join(second);
  CHECK(second.code() == Errc::InvalidArgument);
  CHECK(first.count() == 0);
}

TEST_CASE("arguments: a session and a group are the same object as long as somebody holds it") {
  SessionManager manager(offline());
  auto tom = manager.session("tom");
  CHECK(manager.session("tom") == tom);
  CHECK(manager.session("bob") != tom);
  auto group = tom->group("g1");
  CHECK(tom->group("g1") == group);
  CHECK(tom->group("g2") != group);
  CHECK(tom->group() != tom->group());
  const std::weak_ptr<Session> watched = tom;
  tom.reset();
  CHECK_FALSE(watched.expired());  // the group keeps it
  group.reset();
  CHECK(watched.expired());
  CHECK(manager.session("tom") != nullptr);
  CHECK(manager.stats().sessions == 0);
}

TEST_CASE("arguments: history is checked") {
  SessionManager manager(offline());
  Answer<std::vector<Message>> nobody, both, bad;
  manager.history("tom", {}, nobody);
  CHECK(nobody.code() == Errc::InvalidArgument);
  manager.history("tom", {"bob", "g", {}, 10}, both);
  CHECK(both.code() == Errc::InvalidArgument);
  manager.history("", {"bob", "", {}, 10}, bad);
  CHECK(bad.code() == Errc::InvalidPeerId);
}

TEST_CASE("arguments: a signature factory over HTTP needs an http url and clean headers") {
  CHECK_FALSE(HttpSignatureFactory::make({"ftp://h"}).ok());
  CHECK_FALSE(HttpSignatureFactory::make({""}).ok());
  CHECK_FALSE(HttpSignatureFactory::make({"http://h", {"A: b\r\nC: d"}}).ok());
  CHECK_FALSE(HttpSignatureFactory::make({"http://h", {}, std::chrono::milliseconds(0)}).ok());
  CHECK(HttpSignatureFactory::make({"https://sign.example.com"}).ok());
}

TEST_CASE("arguments: beyond the operations that may wait one more is QueueFull") {
  // The io thread is held up, so that nothing is taken from the queue.
  const auto loop = net::Loop::make({});
  kith::testing::Waiter waiter;
  bool held = false, released = false;
  REQUIRE(loop->post([&] {
    waiter.change([&] { held = true; });
    (void)waiter.until([&] { return released; });
  }));
  REQUIRE(waiter.until([&] { return held; }));
  Options options = offline();
  options.reactor = loop;
  SessionManager manager(options);
  const auto tom = manager.session("tom");
  tom->open();
  for (std::size_t i = 0; i < limits::kCallsPerManager; ++i) tom->query({"bob"}, {});
  Answer<Peers> refused;
  tom->query({"bob"}, refused);
  CHECK(refused.code() == Errc::QueueFull);
  waiter.change([&] { released = true; });
  Answer<void> closed;
  manager.close(closed);
  closed.value();
}
