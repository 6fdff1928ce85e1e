// SPDX-License-Identifier: Apache-2.0
// A program that ends and starts again with one Options::store, against the real server.
#include <kith/store.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "support/test_server.hpp"
#include "support/waiter.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;
using namespace std::chrono_literals;

namespace {

/// A store whose commits can be held back, or fail.
class TestStore final : public Store {
 public:
  std::function<Result<void>()> before_commit;  // set before the first use

  Result<StoredPeer> load(const std::string& app_id, const std::string& peer_id) override {
    if (throws_) throw std::runtime_error("load");
    return inside_->load(app_id, peer_id);
  }
  Result<void> commit(const std::string& app_id, const std::vector<PeerChange>& changes) override {
    if (throws_) throw std::runtime_error("commit");
    waiter_.change([&] { ++commits_; });
    (void)waiter_.until([&] { return !held_; });
    if (refuses_) return Error{Errc::Internal, 0, "no disk", false};
    return inside_->commit(app_id, changes);
  }

  void hold(bool held) {
    waiter_.change([&] { held_ = held; });
  }
  void refuse(bool refuses) { refuses_ = refuses; }
  void throwAlways() { throws_ = true; }
  bool waitForCommit() {
    return waiter_.until([&] { return commits_ > 0; });
  }
  StoredPeer of(const std::string& peer) { return inside_->load(kApp, peer).value(); }

 private:
  const std::shared_ptr<Store> inside_{makeMemoryStore()};
  Waiter waiter_;
  int commits_{0};
  bool held_{false};
  std::atomic<bool> refuses_{false};
  std::atomic<bool> throws_{false};
};

Options with(Options options, std::shared_ptr<Store> store) {
  options.store = std::move(store);
  return options;
}

Message to(const std::string& peer, std::string text) {
  Message message;
  message.text = std::move(text);
  message.to = {peer};
  return message;
}

void closeManager(Device& device) {
  Answer<void> closed;
  device.manager->close(closed);
  closed.value();
}

}  // namespace

TEST_CASE("store: what was not sent when the program ended is sent by the next, once") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  const auto store = std::make_shared<TestStore>();
  Answer<Receipt> first;
  {
    // No server is there: the messages wait.
    Device tom(with(clientOptions("ws://127.0.0.1:" + std::to_string(closedPort())), store), "tom");
    tom.session->open();
    tom.session->send(to("jerry", "one"), first);
    tom.session->send(to("jerry", "two"));
    closeManager(tom);
    CHECK(first.code() == Errc::Closed);
    CHECK(first.get().error().may_have_arrived);
  }
  CHECK(store->of("tom").outgoing.size() == 2);
  {
    Device tom(with(server.options(), store), "tom");
    tom.open();
    tom.heard->wait("onMessageSent one");
    tom.heard->wait("onMessageSent two");
    closeManager(tom);
  }
  CHECK(store->of("tom").outgoing.empty());
  Device tom(with(server.options(), store), "tom");
  tom.open();
  tom.send("three", {"jerry"});
  jerry.heard->waitForMessages(3);
  CHECK(jerry.heard->count("onMessage") == 3);
  CHECK(jerry.heard->messages()[0].text == "one");
  CHECK(jerry.heard->messages()[1].text == "two");
}

TEST_CASE("store: Session::close() gives up what waits, in the store too") {
  const auto store = std::make_shared<TestStore>();
  Device tom(with(clientOptions("ws://127.0.0.1:" + std::to_string(closedPort())), store), "tom");
  tom.session->open();
  Answer<Receipt> sent;
  tom.session->send(to("jerry", "never mind"), sent);
  tom.close();
  CHECK(sent.code() == Errc::Closed);
  CHECK_FALSE(sent.get().error().may_have_arrived);
  closeManager(tom);
  CHECK(store->of("tom").outgoing.empty());
}

TEST_CASE("store: a message that came but was not shown is shown by the next life, and not after") {
  TestServer server;
  const auto store = std::make_shared<TestStore>();
  Device jerry(server.options(), "jerry");
  jerry.open();
  {
    Device tom(with(server.options(), store), "tom");
    tom.session->setReceiver(nullptr);
    tom.open();
    jerry.send("hello", {"tom"});
    REQUIRE(eventually([&] { return store->of("tom").incoming.size() == 1; }));
    closeManager(tom);
  }
  {
    // Without a server: it is the store's.
    Device tom(with(clientOptions("ws://127.0.0.1:" + std::to_string(closedPort())), store), "tom");
    tom.session->open();
    tom.heard->wait("onMessage jerry: hello");
    closeManager(tom);
  }
  CHECK(store->of("tom").incoming.empty());
  CHECK(store->of("tom").shown_ids.size() == 1);
  // The server was never told, and repeats it; the next message says that it has done so.
  Device tom(with(server.options(), store), "tom");
  tom.open();
  jerry.send("again", {"tom"});
  tom.heard->wait("onMessage jerry: again");
  CHECK(tom.heard->count("onMessage") == 1);
  CHECK(tom.manager->stats().duplicates == 1);
}

TEST_CASE("store: the watch list comes back, unless Session::close() ended it") {
  TestServer server;
  const auto store = std::make_shared<TestStore>();
  Device jerry(server.options(), "jerry");
  jerry.open();
  {
    Device tom(with(server.options(), store), "tom");
    tom.open({"jerry"});
    closeManager(tom);
  }
  {
    Device tom(with(server.options(), store), "tom");
    tom.open({"spike"});
    CHECK(tom.session->watchedPeers() == std::vector<std::string>{"jerry", "spike"});
    CHECK(tom.session->isOnline("jerry"));
    tom.close();
    closeManager(tom);
  }
  Device tom(with(server.options(), store), "tom");
  tom.open();
  CHECK(tom.session->watchedPeers().empty());
}

TEST_CASE("store: a store that fails is told, and messages flow without it") {
  TestServer server;
  const auto store = std::make_shared<TestStore>();
  Device jerry(server.options(), "jerry");
  jerry.open();
  SECTION("by an error") {
    store->refuse(true);
    Device tom(with(server.options(), store), "tom");
    tom.open();
    tom.send("there", {"jerry"});
    jerry.heard->wait("onMessage tom: there");
    tom.heard->wait("onError StoreFailed");
    jerry.send("and back", {"tom"});
    tom.heard->wait("onMessage jerry: and back");
    closeManager(tom);
    CHECK(tom.heard->count("onError") == 1);
  }
  SECTION("by throwing") {
    store->throwAlways();
    Device tom(with(server.options(), store), "tom");
    tom.open();
    jerry.send("hello", {"tom"});
    tom.heard->wait("onMessage jerry: hello");
    tom.heard->wait("onError StoreFailed", 2);  // reading, and writing
    closeManager(tom);
  }
}

TEST_CASE("store: a change that does not fit does not take those with it that make room") {
  class Full final : public Store {
   public:
    std::atomic<int> removed{0};
    Result<StoredPeer> load(const std::string&, const std::string&) override {
      return StoredPeer{};
    }
    Result<void> commit(const std::string&, const std::vector<PeerChange>& changes) override {
      for (const PeerChange& change : changes) {
        if (std::holds_alternative<store_change::AddOutgoing>(change.change)) {
          return Error{Errc::StoreFailed, 0, "full", false};
        }
      }
      for (const PeerChange& change : changes) {
        if (std::holds_alternative<store_change::RemoveOutgoing>(change.change)) ++removed;
      }
      return {};
    }
  };
  const auto store = std::make_shared<Full>();
  Device tom(with(clientOptions("ws://127.0.0.1:" + std::to_string(closedPort())), store), "tom");
  tom.session->open();
  tom.session->send(to("jerry", "no room for this"));
  tom.close();
  closeManager(tom);
  CHECK(store->removed == 1);
}

TEST_CASE("store: the manager's close waits until everything is committed") {
  const auto store = std::make_shared<TestStore>();
  Device tom(with(clientOptions("ws://127.0.0.1:" + std::to_string(closedPort())), store), "tom");
  store->hold(true);
  tom.session->open();
  tom.session->send(to("jerry", "keep this"));
  REQUIRE(store->waitForCommit());
  Answer<Receipt> last;
  tom.session->send(to("jerry", "and this"), last);
  Answer<void> closed;
  tom.manager->close(closed);
  CHECK(last.code() == Errc::Closed);  // told at once
  CHECK(closed.count() == 0);
  store->hold(false);
  closed.value();
  CHECK(store->of("tom").outgoing.size() == 2);
}

TEST_CASE("store: dropping the manager does not wait, and loses nothing") {
  const auto store = std::make_shared<TestStore>();
  store->hold(true);
  {
    Device tom(with(clientOptions("ws://127.0.0.1:" + std::to_string(closedPort())), store), "tom");
    tom.session->open();
    tom.session->send(to("jerry", "keep this"));
    REQUIRE(store->waitForCommit());
    tom.session->send(to("jerry", "and this"));
  }
  CHECK(store->of("tom").outgoing.empty());
  store->hold(false);
  CHECK(eventually([&] { return store->of("tom").outgoing.size() == 2; }));
}

TEST_CASE(
    "store: messages that nobody takes are bounded by InboxOptions, and all are shown in order") {
  TestServer server;
  Options options = server.options();
  options.inbox.max_messages = 10;
  SECTION("without a store") {}
  SECTION("with a store") { options.store = makeMemoryStore(); }
  Device tom(options, "tom");
  tom.session->setReceiver(nullptr);
  tom.open();
  Device jerry(server.options(), "jerry");
  jerry.open();
  for (int i = 0; i < 45; ++i) jerry.send(std::to_string(i), {"tom"});
  tom.session->setReceiver(tom.heard);
  tom.heard->waitForMessages(45);
  const std::vector<Message> messages = tom.heard->messages();
  REQUIRE(messages.size() == 45);
  for (int i = 0; i < 45; ++i)
    CHECK(messages[static_cast<std::size_t>(i)].text == std::to_string(i));
  CHECK(tom.heard->count("onSessionPaused QueueFull") >= 1);
  CHECK(tom.heard->count("onSessionPaused") == tom.heard->count("onSessionResumed"));
}

TEST_CASE("store: the file serves two lives too") {
  TestServer server;
  TempFolder folder;
  const auto file = [&] { return openSqliteStore(folder.path() + "/tom.kith").value(); };
  {
    Device tom(with(clientOptions("ws://127.0.0.1:" + std::to_string(closedPort())), file()),
               "tom");
    tom.session->open();
    tom.session->send(to("tom", "note"));
    closeManager(tom);
  }
  std::shared_ptr<Store> again;
  REQUIRE(eventually([&] {
    auto opened = openSqliteStore(folder.path() + "/tom.kith");
    if (opened.ok()) again = std::move(opened).value();
    return again != nullptr;
  }));
  Device tom(with(server.options(), again), "tom");
  tom.open();
  tom.heard->wait("onMessage tom: note");
}
