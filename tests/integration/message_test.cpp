// SPDX-License-Identifier: Apache-2.0
// Messages between peers, through real sockets (avos-v1 §8).
#include <chrono>
#include <cstdlib>
#include <set>

#include "support/test_server.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

Message to(const std::string& peer, std::string text) {
  Message message;
  message.text = std::move(text);
  message.to = {peer};
  return message;
}

}  // namespace

TEST_CASE("message: it arrives, and the sender has the receipt and the callback, in that order") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  Device tom(server.options(), "tom");
  tom.open();
  Answer<bool> early;
  Answer<Receipt> sent;
  const SendTicket ticket = tom.session->send(to("jerry", "hello"), [&](Result<Receipt> result) {
    early(tom.heard->count("onMessageSent") == 0);
    sent(std::move(result));
  });
  REQUIRE(ticket);
  CHECK(early.value());
  const Receipt receipt = sent.value();
  CHECK(receipt.client_id == ticket.client_id);
  CHECK_FALSE(receipt.message_id.empty());
  tom.heard->wait("onMessageSent hello");
  jerry.heard->wait("onMessage tom: hello");
  const Message message = jerry.heard->messages().front();
  CHECK(message.id == receipt.message_id);
  CHECK(message.timestamp == receipt.timestamp);
  CHECK(message.timestamp.time_since_epoch().count() > 1700000000000);
  CHECK_FALSE(message.offline);
  CHECK_FALSE(message.transient);
  CHECK(message.to.empty());
}

TEST_CASE("message: any UTF-8 text comes through as it was") {
  TestServer server;
  Device jerry(server.options(), "\xe6\x9d\x8e\xe5\x9b\x9b");
  jerry.open();
  Device tom(server.options(), "tom\"\\");
  tom.open();
  const std::vector<std::string> texts{"",
                                       "\"quoted\\",
                                       "\xf0\x9f\x98\x80 \xe2\x80\xa8",
                                       std::string("\x00\x01\x1f", 3),
                                       "{\"a\":[1]}",
                                       std::string(4000, 'x')};
  for (const std::string& text : texts) tom.send(text, {"\xe6\x9d\x8e\xe5\x9b\x9b"});
  jerry.heard->waitForMessages(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(jerry.heard->messages()[i].text == texts[i]);
    CHECK(jerry.heard->messages()[i].from == "tom\"\\");
  }
}

TEST_CASE("message: one send to several receivers is one message with one id") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  Device jim(server.options(), "jim");
  jim.open();
  Device tom(server.options(), "tom");
  tom.open();
  const Receipt receipt = tom.send("all", {"jerry", "jim", "jerry"});
  jerry.heard->wait("onMessage tom: all");
  jim.heard->wait("onMessage tom: all");
  CHECK(jerry.heard->messages()[0].id == receipt.message_id);
  CHECK(jim.heard->messages()[0].id == receipt.message_id);
}

TEST_CASE("message: a receipt comes when the other device has it") {
  TestServer server;
  Device tom(server.options(), "tom");
  tom.open();
  Message message = to("jerry", "did you get it?");
  message.receipt = true;
  Answer<Receipt> sent;
  tom.session->send(message, sent);
  const std::string id = sent.value().message_id;
  CHECK(tom.heard->count("onMessageDelivered") == 0);
  Device jerry(server.options(), "jerry");
  jerry.open();
  tom.heard->wait("onMessageDelivered " + id);
}

TEST_CASE("message: a transient one is written and forgotten") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  Device tom(server.options(), "tom");
  tom.open();
  Message message = to("jerry", "typing");
  message.transient = true;
  Answer<Receipt> sent;
  tom.session->send(message, sent);
  CHECK(sent.value().message_id.empty());
  jerry.heard->wait("onMessage tom: typing");
  CHECK(jerry.heard->messages()[0].transient);
  // It is not kept for a peer that is away.
  message.to = {"jim"};
  message.text = "to nobody";
  tom.session->send(message);
  tom.send("kept", {"jim"});
  Device jim(server.options(), "jim");
  jim.open();
  jim.heard->wait("onMessage tom: kept");
  CHECK(jim.heard->count("onMessage tom: to nobody") == 0);
}

TEST_CASE("message: who is away gets it at the next open, once, in order") {
  TestServer server;
  Device tom(server.options(), "tom");
  tom.open();
  for (const char* text : {"one", "two", "three"}) tom.send(text, {"jerry"});
  Device jerry(server.options(), "jerry");
  jerry.open();
  jerry.heard->waitForMessages(3);
  CHECK(jerry.heard->messages()[0].text == "one");
  CHECK(jerry.heard->messages()[2].text == "three");
  CHECK(jerry.heard->messages()[1].offline);
  // A second device opens when all is acknowledged: close() sends what was seen.
  jerry.close();
  Device desk(server.options(), "jerry");
  desk.open();
  tom.send("four", {"jerry"});
  desk.heard->wait("onMessage tom: four");
  CHECK(desk.heard->messages().size() == 1);
}

TEST_CASE("message: to a peer that is not watched it fails as the server's rules say") {
  ServerOptions options = serverOptions();
  options.apps[0].require_watch = RequireWatch::On;
  TestServer server(options);
  Device tom(server.options(), "tom");
  tom.open({"jerry"});
  Answer<Receipt> sent;
  tom.session->send(to("stranger", "psst"), sent);
  const auto result = sent.get();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::InvalidTarget);
  CHECK(result.error().server_code == 4401);
  CHECK_FALSE(result.error().may_have_arrived);
  tom.heard->wait("onMessageFailure psst InvalidTarget");
  tom.send("fine", {"jerry"});
}

TEST_CASE("message: without a receiver it waits, unacknowledged, until one is set") {
  TestServer server;
  SessionManager manager(server.options());
  const auto jerry = manager.session("jerry");
  Answer<void> opened;
  jerry->open({}, opened);
  opened.value();
  Device tom(server.options(), "tom");
  tom.open();
  Message first = to("jerry", "early");
  first.receipt = true;
  tom.session->send(first);
  tom.send("later", {"jerry"});
  CHECK(tom.heard->count("onMessageDelivered") == 0);
  const auto heard = std::make_shared<Recorder>();
  jerry->setReceiver(heard);
  heard->waitForMessages(2);
  CHECK(heard->lines() == std::vector<std::string>{"onMessage tom: early", "onMessage tom: later"});
  tom.heard->wait("onMessageDelivered");
}

TEST_CASE("message: closing before it was looked at leaves it on the server") {
  TestServer server;
  Device tom(server.options(), "tom");
  tom.open();
  {
    SessionManager manager(server.options());
    const auto jerry = manager.session("jerry");
    Answer<void> opened, closed;
    jerry->open({}, opened);
    opened.value();
    tom.send("unseen", {"jerry"});
    jerry->close(closed);
    closed.value();
  }
  Device jerry(server.options(), "jerry");
  jerry.open();
  jerry.heard->wait("onMessage tom: unseen");
}

TEST_CASE("message: what waited in the executor while the session was closed is shown once") {
  TestServer server;
  Device tom(server.options(), "tom");
  tom.open();
  const auto executor = PollExecutor::make();
  Options options = server.options();
  options.executor = executor;
  Device jerry(options, "jerry");
  int opened = 0;
  const auto pump = [&](auto&& condition) {
    while (!condition()) {
      REQUIRE(executor->wait(std::chrono::minutes(1)));
      executor->poll();
    }
  };
  jerry.session->open({}, [&](const auto&) { ++opened; });
  pump([&] { return opened == 1; });
  for (const char* text : {"one", "two", "three"}) tom.send(text, {"jerry"});
  // They are on the strand, and nothing polls.
  REQUIRE(eventually([&] { return jerry.manager->stats().frames_in >= 4; }));
  jerry.session->close();
  jerry.session->open({}, [&](const auto&) { ++opened; });
  pump([&] { return opened == 2; });
  tom.send("end", {"jerry"});
  pump([&] { return jerry.heard->count("onMessage tom: end") == 1; });
  CHECK(jerry.heard->messages().size() == 4);
  CHECK(jerry.heard->messages().front().text == "one");
}

TEST_CASE("message: thousands in flight arrive once each, in order, and complete once each") {
  const int kMessages = std::getenv("KITH_TEST_SMALL") != nullptr ? 4000 : 20000;
  for (const std::size_t in_flight : {std::size_t{64}, std::size_t{256}}) {
    TestServer server;
    Device jerry(server.options(), "jerry");
    jerry.open();
    Options options = server.options();
    options.outbox.max_in_flight = in_flight;
    options.outbox.max_messages = 1000;
    Device tom(options, "tom");
    tom.open();
    Waiter waiter;
    int completed = 0, failed = 0, queued = 0;
    bool in_order = true;
    int next = 0;
    for (int i = 0; i < kMessages; ++i) {
      REQUIRE(waiter.until([&] { return queued - completed < 1000; }));
      waiter.change([&] { ++queued; });
      const SendTicket ticket =
          tom.session->send(to("jerry", std::to_string(i)), [&, i](Result<Receipt> result) {
            waiter.change([&] {
              ++completed;
              if (!result.ok()) ++failed;
              if (i != next++) in_order = false;
            });
          });
      REQUIRE(ticket);
    }
    REQUIRE(waiter.until([&] { return completed == kMessages; }));
    CHECK(failed == 0);
    CHECK(in_order);
    jerry.heard->waitForMessages(static_cast<std::size_t>(kMessages));
    const auto messages = jerry.heard->messages();
    REQUIRE(messages.size() == static_cast<std::size_t>(kMessages));
    std::set<std::string> ids;
    for (int i = 0; i < kMessages; ++i) {
      REQUIRE(messages[static_cast<std::size_t>(i)].text == std::to_string(i));
      ids.insert(messages[static_cast<std::size_t>(i)].id);
    }
    CHECK(ids.size() == messages.size());
    CHECK(tom.session->bufferedBytes() == 0);
  }
}
