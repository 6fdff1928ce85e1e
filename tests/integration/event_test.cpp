// SPDX-License-Identifier: Apache-2.0
// Events as values (kith::Event), through real sockets.
#include <algorithm>
#include <variant>

#include "support/test_server.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

/// Takes every event and calls no callback, as a queue for another language does.
class Queue final : public Recorder {
 public:
  bool onEvent(Session&, Event& event) override {
    waiter_.change([&] { events_.push_back(std::move(event)); });
    return true;
  }
  template <typename Kind>
  std::vector<Kind> wait(std::size_t count) {
    const auto enough = [&] { return all<Kind>().size() >= count; };
    if (!waiter_.until(enough)) FAIL("there came no " << count << " of them");
    return waiter_.look([&] { return all<Kind>(); });
  }

 private:
  template <typename Kind>
  std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const Event& event : events_) {
      if (const auto* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
    }
    return found;
  }

  Waiter waiter_;
  std::vector<Event> events_;
};

}  // namespace

TEST_CASE("event: a receiver that takes values hears all of a session and none of its callbacks") {
  TestServer server;
  Device tom(server.options(), "tom");
  Device jerry(server.options(), "jerry");
  jerry.open();
  const auto queue = std::make_shared<Queue>();
  tom.session->setReceiver(queue);
  tom.open({"jerry", "absent"});
  const auto opened = queue->wait<SessionOpened>(1);
  CHECK(opened[0].online == std::vector<std::string>{"jerry"});
  CHECK(opened[0].watched == std::vector<std::string>{"absent", "jerry"});

  jerry.send("hi", {"tom"});
  const auto group = jerry.newGroup();
  jerry.invite(*group, {"tom"});
  tom.send("back", {"jerry"});
  CHECK(queue->wait<MessageReceived>(1)[0].message.text == "hi");
  CHECK(queue->wait<GroupInvited>(1)[0].by == "jerry");
  CHECK(queue->wait<MessageSent>(1)[0].message.text == "back");

  Answer<void> paused;
  tom.manager->pause(paused);
  paused.value();
  tom.manager->resume();
  const auto resumed = queue->wait<SessionResumed>(1);
  CHECK(resumed[0].watched == std::vector<std::string>{"absent", "jerry"});
  tom.close();
  CHECK_FALSE(queue->wait<SessionClosed>(1)[0].cause);
  CHECK(queue->lines().empty());
}

TEST_CASE("event: a message that was taken as a value is acknowledged, and not repeated") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  const auto queue = std::make_shared<Queue>();
  {
    Device tom(server.options(), "tom");
    tom.session->setReceiver(queue);
    tom.open();
    Message once;
    once.text = "once";
    once.to = {"tom"};
    once.receipt = true;
    Answer<Receipt> sent;
    jerry.session->send(std::move(once), sent);
    sent.value();
    queue->wait<MessageReceived>(1);
    // It is acknowledged behind the callback: to close before that would leave it waiting.
    jerry.heard->wait("onMessageDelivered");
    tom.close();
  }
  Device tom(server.options(), "tom");
  tom.session->setReceiver(queue);
  tom.open();
  jerry.send("twice", {"tom"});
  const auto received = queue->wait<MessageReceived>(2);
  CHECK(received[1].message.text == "twice");
}
