// SPDX-License-Identifier: Apache-2.0
#include "client/event_dispatcher.hpp"

#include <kith/kith.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/recorder.hpp"

using namespace kith;
using client::EventDispatcher;
using Peers = std::vector<std::string>;

namespace {

/// A session and a group of it, which never see a network.
struct Stage final : client::GroupFinder {
  std::vector<std::string> threw;
  dispatch::CallbackGuard guard{
      [this](std::string_view name, std::string_view, const auto&) { threw.emplace_back(name); }};
  SessionManager manager{Options{}};
  std::shared_ptr<Session> tom{manager.session("tom")};
  std::shared_ptr<Group> group{tom->group("g")};

  Group& groupOf(const std::string& group_id) override {
    CHECK(group_id == "g");
    return *group;
  }
  void dispatch(Event event, MessageReceiver& receiver) {
    EventDispatcher(guard, *this, *tom, receiver).dispatch(event);
  }
};

Message message(const std::string& group_id = {}) {
  Message message;
  message.text = "hi";
  message.from = "bob";
  message.group_id = group_id;
  return message;
}

const Error kError{Errc::Rejected, 0, "no", false};

}  // namespace

TEST_CASE("event teller: each event goes to the callback of its kind and to no other") {
  const std::vector<std::pair<Event, std::string>> rows{
      {SessionOpened{{"a"}, {}}, "onSessionOpen a"},
      {SessionPaused{kError}, "onSessionPaused Rejected"},
      {SessionResumed{{{"a"}, {}}}, "onSessionResumed a"},
      {SessionClosed{kError}, "onSessionClosed Rejected"},
      {Reconnecting{1, kError, {}}, "onReconnecting Rejected"},
      {SessionError{kError}, "onError Rejected"},
      {PresenceChanged{true, {"a"}}, "onStatusOnline a"},
      {PresenceChanged{false, {"a"}}, "onStatusOffline a"},
      {PeersWatched{{"a"}}, "onPeersWatched a"},
      {PeersUnwatched{{"a"}}, "onPeersUnwatched a"},
      {MessageReceived{message()}, "onMessage bob: hi"},
      {MessageReceived{message("g")}, "onGroupMessage bob: hi"},
      {MessageSent{message(), {}}, "onMessageSent hi without id"},
      {MessageSent{message("g"), {}}, "onGroupMessageSent hi without id"},
      {MessageFailed{message(), kError}, "onMessageFailure hi Rejected"},
      {MessageFailed{message("g"), kError}, "onGroupMessageFailure hi Rejected"},
      {MessageDelivered{"m1", {}}, "onMessageDelivered m1"},
      {GroupJoined{"g"}, "onJoined g"},
      {GroupInvited{"g", "bob"}, "onInvitedToGroup g by bob"},
      {GroupLeft{"g", "bob"}, "onLeft g by bob"},
      {PeersInvited{"g", {"a"}}, "onInvited a"},
      {PeersKicked{"g", {"a"}}, "onKicked a"},
      {MembersChanged{"g", true, {"a"}, "bob"}, "onMembersJoined a by bob"},
      {MembersChanged{"g", false, {"a"}, "bob"}, "onMembersLeft a by bob"},
      {GroupRejected{"g", GroupAction::Kick, {"a"}, kError}, "onReject a Rejected"},
      {MessageEdited{"g", message("g")}, "onMessageEdited bob: hi"},
      {MessageRecalled{"g", "m1", "bob", {}, {}}, "onMessageRecalled m1 by bob"},
      {UnreadChanged{{"g", 2, false, {}}}, "onUnreadChanged g 2"},
      {ConversationUpdated{"g", "bob", "{}"}, "onConversationUpdated {} by bob"},
      {StandingChanged{"g", PeerStanding::Silenced, true, {"a"}, "bob"},
       "onStandingChanged silenced a by bob"},
      {EventsMissed{}, "onEventsMissed"},
  };
  Stage stage;
  std::vector<bool> covered(std::variant_size_v<Event>);
  for (const auto& [event, line] : rows) {
    kith::testing::Recorder heard;
    stage.dispatch(event, heard);
    CHECK(heard.lines() == Peers{line});
    covered[event.index()] = true;
  }
  CHECK(std::count(covered.begin(), covered.end(), false) == 0);
}

TEST_CASE("event teller: what onEvent() takes is told to no callback, and may be moved out") {
  struct Queue : kith::testing::Recorder {
    std::vector<Event> events;
    bool onEvent(Session&, Event& event) override {
      if (!std::holds_alternative<MessageReceived>(event)) return false;
      events.push_back(std::move(event));
      return true;
    }
  } queue;
  Stage stage;
  stage.dispatch(MessageReceived{message()}, queue);
  stage.dispatch(PeersWatched{{"a"}}, queue);
  REQUIRE(queue.events.size() == 1);
  CHECK(std::get<MessageReceived>(queue.events[0]).message == message());
  CHECK(queue.lines() == Peers{"onPeersWatched a"});
}

TEST_CASE("event teller: an exception is named after its callback, and onEvent()'s is the last") {
  struct Throwing : kith::testing::Recorder {
    bool values{false};
    bool onEvent(Session&, Event&) override {
      if (values) throw std::runtime_error("onEvent");
      return false;
    }
    void onError(Session&, const Error&) override { throw std::runtime_error("onError"); }
  } receiver;
  Stage stage;
  stage.dispatch(SessionError{kError}, receiver);
  CHECK(stage.threw == Peers{"onError"});
  receiver.values = true;
  stage.dispatch(SessionError{kError}, receiver);
  CHECK(stage.threw == Peers{"onError", "onEvent"});
}
