// SPDX-License-Identifier: Apache-2.0
// Sessions, presence and devices, through real sockets (avos-v1 §7).
#include "support/test_server.hpp"

using namespace kith;
using namespace kith::testing;
using Peers = std::vector<std::string>;

TEST_CASE("session: open tells who is online, and the session looks so inside the completion") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  Device tom(server.options(), "tom");
  CHECK(tom.session->state() == SessionState::Idle);
  Answer<std::string> inside;
  tom.session->open({"jerry", "nobody"}, [&](Result<void> result) {
    REQUIRE(result.ok());
    inside(std::string(tom.session->isOpen() ? "open " : "") + joined(tom.session->watchedPeers()) +
           " online " + joined(tom.session->onlinePeers()));
  });
  CHECK(tom.session->state() == SessionState::Opening);
  CHECK(inside.value() == "open jerry,nobody online jerry");
  tom.heard->wait("onStatusOnline jerry");
  CHECK(tom.heard->lines() == Peers{"onSessionOpen jerry", "onStatusOnline jerry"});
  CHECK(tom.session->isOnline("jerry"));
  CHECK_FALSE(tom.session->isOnline("nobody"));
  CHECK(tom.session->isWatching("nobody"));
  CHECK_FALSE(tom.session->isWatching("jim"));
}

TEST_CASE("session: watchers hear when a peer comes and goes") {
  TestServer server;
  Device tom(server.options(), "tom");
  tom.open({"jerry"});
  Device jerry(server.options(), "jerry");
  jerry.open();
  tom.heard->wait("onStatusOnline jerry");
  CHECK(tom.session->onlinePeers() == Peers{"jerry"});
  jerry.close();
  tom.heard->wait("onStatusOffline jerry");
  CHECK(tom.session->onlinePeers().empty());
}

TEST_CASE("session: watch and unwatch answer, tell, and change the local lists") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  Device tom(server.options(), "tom");
  tom.open();
  Answer<Peers> watched;
  tom.session->watch({"jerry", "jim"}, watched);
  CHECK(watched.value() == Peers{"jerry"});
  tom.heard->wait("onPeersWatched jerry,jim");
  tom.heard->wait("onStatusOnline jerry");
  CHECK(tom.session->watchedPeers() == Peers{"jerry", "jim"});
  Answer<Peers> unwatched;
  tom.session->unwatch({"jerry"}, unwatched);
  CHECK(unwatched.value() == Peers{"jerry"});
  tom.heard->wait("onPeersUnwatched jerry");
  tom.heard->wait("onStatusOffline jerry");
  CHECK(tom.session->watchedPeers() == Peers{"jim"});
  CHECK_FALSE(tom.session->isOnline("jerry"));
}

TEST_CASE("session: more than 100 watched peers are refused by name, over several calls too") {
  TestServer server;
  Device tom(server.options(), "tom");
  tom.open(Peers(99, "same"));
  Answer<Peers> many;
  Peers more;
  for (int i = 0; i < 100; ++i) more.push_back("p" + std::to_string(i));
  tom.session->watch(more, many);
  CHECK(many.code() == Errc::TooManyPeers);
  more.pop_back();
  Answer<Peers> fits;
  tom.session->watch(more, fits);
  fits.value();
  CHECK(tom.session->watchedPeers().size() == 100);
}

TEST_CASE("session: query tells who is online, watched or not") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  Device tom(server.options(), "tom");
  tom.open();
  Answer<Peers> online;
  tom.session->query({"jerry", "nobody", "tom"}, online);
  CHECK(joined(online.value()) == "jerry,tom");
  CHECK(tom.session->onlinePeers().empty());
}

TEST_CASE("session: close ends it, closing again succeeds, and it opens anew") {
  TestServer server;
  Device tom(server.options(), "tom");
  tom.open();
  tom.close();
  CHECK(tom.session->state() == SessionState::Closed);
  CHECK(tom.heard->lines().back() == "onSessionClosed");
  tom.close();
  tom.open();
  CHECK(tom.session->isOpen());
  tom.heard->wait("onSessionOpen", 2);
}

TEST_CASE("session: many sessions share one connection") {
  TestServer server;
  SessionManager manager(server.options());
  std::vector<std::shared_ptr<Session>> sessions;
  std::vector<Answer<void>> opened(20);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    sessions.push_back(manager.session("peer" + std::to_string(i)));
    sessions.back()->open({"peer" + std::to_string((i + 1) % opened.size())}, opened[i]);
  }
  for (const auto& answer : opened) answer.value();
  CHECK(server.server().stats().connections == 1);
  CHECK(server.server().stats().sessions == 20);
  CHECK(manager.stats().connects == 1);
  CHECK(manager.stats().sessions == 20);
  const auto heard = std::make_shared<Recorder>();
  sessions[7]->setReceiver(heard);
  Answer<Receipt> sent;
  Message message;
  message.text = "over the same wire";
  message.to = {"peer7"};
  sessions[3]->send(message, sent);
  sent.value();
  heard->wait("onMessage peer3: over the same wire");
}

TEST_CASE("session: a dropped session is closed on the server") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open({"tom"});
  Device tom(server.options(), "tom");
  tom.open();
  jerry.heard->wait("onStatusOnline tom");
  tom.session.reset();
  jerry.heard->wait("onStatusOffline tom");
  // The same peer again is a new session.
  const auto again = tom.manager->session("tom");
  Answer<void> opened;
  again->open({}, opened);
  opened.value();
  jerry.heard->wait("onStatusOnline tom", 2);
}

TEST_CASE("session: a destroyed manager closes its sessions, and they outlive it closed") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open({"tom"});
  Device tom(server.options(), "tom");
  tom.open();
  jerry.heard->wait("onStatusOnline tom");
  tom.manager.reset();
  jerry.heard->wait("onStatusOffline tom");
  CHECK(tom.session->state() == SessionState::Closed);
  Answer<void> opened;
  tom.session->open({}, opened);
  CHECK(opened.code() == Errc::Closed);
  CHECK(tom.session->state() == SessionState::Closed);
  Answer<Receipt> sent;
  Message message;
  message.to = {"jerry"};
  CHECK(tom.session->send(message, sent).refused == Errc::NotOpen);
  CHECK(sent.code() == Errc::NotOpen);
}

TEST_CASE("session: two devices of a peer: presence has edges, messages reach both") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open({"tom"});
  Device phone(server.options(), "tom");
  phone.open();
  Device desk(server.options(), "tom");
  desk.open();
  jerry.send("to both", {"tom"});
  phone.heard->wait("onMessage jerry: to both");
  desk.heard->wait("onMessage jerry: to both");
  // What one device sends is copied to the other (avos-v1 §8).
  phone.send("from the phone", {"jerry"});
  desk.heard->wait("onMessage tom: from the phone");
  CHECK(desk.heard->messages().back().to == Peers{"jerry"});
  phone.close();
  desk.send("still here", {"jerry"});
  jerry.heard->wait("onMessage tom: still here");
  CHECK(jerry.heard->count("onStatusOffline") == 0);
  CHECK(jerry.heard->count("onStatusOnline") == 1);
  desk.close();
  jerry.heard->wait("onStatusOffline tom");
}

TEST_CASE("session: an unknown app is final and says so (R10)") {
  TestServer server;
  Options options = server.options();
  options.app_id = "no-such-app";
  Device tom(options, "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  CHECK(opened.code() == Errc::AppNotAvailable);
  tom.heard->wait("onSessionClosed AppNotAvailable");
  CHECK(tom.session->state() == SessionState::Closed);
}
