// SPDX-License-Identifier: Apache-2.0
// What a test hears from the client: a receiver that writes every callback down as one line, and
// completions that can be waited for. Callbacks on any thread, waiting on the test's.
#pragma once

#include <kith/group.hpp>
#include <kith/receiver.hpp>
#include <kith/session.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/waiter.hpp"

namespace kith::testing {

std::string joined(std::vector<std::string> words);

/// The result of one asynchronous call. Copies share it: hand one over as the completion.
template <typename T>
class Answer {
 public:
  void operator()(Result<T> result) const {
    state_->waiter.change([&] {
      ++state_->count;
      state_->result.emplace(std::move(result));
    });
  }
  /// Waits for it. Fails the test when it does not come.
  Result<T> get() const {
    REQUIRE(state_->waiter.until([this] { return state_->count > 0; }));
    return state_->waiter.look([this] { return *state_->result; });
  }
  /// Waits, and fails the test when it is an error.
  T value() const {
    Result<T> result = get();
    if (!result.ok()) FAIL(errcName(result.error().code) << ": " << result.error().detail);
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
  }
  Errc code() const {
    const Result<T> result = get();
    return result.ok() ? Errc::Ok : result.error().code;
  }
  /// How often it was called so far.
  int count() const {
    return state_->waiter.look([this] { return state_->count; });
  }

 private:
  struct State {
    Waiter waiter;
    int count{0};
    std::optional<Result<T>> result;
  };
  std::shared_ptr<State> state_{std::make_shared<State>()};
};

// Of these recorder.cpp has all.
extern template class Answer<void>;
extern template class Answer<Receipt>;
extern template class Answer<std::string>;
extern template class Answer<std::vector<std::string>>;
extern template class Answer<std::vector<Message>>;

/// Writes down every callback, for example `onMessage tom: hello` or `onMembersLeft tom by bob`.
class Recorder : public MessageReceiver {
 public:
  /// Called with each line, on the executor, before it is written down.
  std::function<void(const std::string& line, Session& session, Group* group)> hook;

  Recorder();
  ~Recorder() override;

  std::vector<std::string> lines();
  std::vector<Message> messages();
  std::size_t count(const std::string& start);
  /// Waits until `times` lines begin with `start`. Fails the test when they do not come.
  void wait(const std::string& start, std::size_t times = 1);
  void waitForMessages(std::size_t count);
  void clear();

  void onSessionOpen(Session& s, const SessionOpened& e) override;
  void onSessionPaused(Session& s, const SessionPaused& e) override;
  void onSessionResumed(Session& s, const SessionOpened& e) override;
  void onSessionClosed(Session& s, const SessionClosed& e) override;
  void onReconnecting(Session& s, const Reconnecting& e) override;
  void onError(Session& s, const Error& e) override;
  void onStatusOnline(Session& s, const std::vector<std::string>& peers) override;
  void onStatusOffline(Session& s, const std::vector<std::string>& peers) override;
  void onPeersWatched(Session& s, const std::vector<std::string>& peers) override;
  void onPeersUnwatched(Session& s, const std::vector<std::string>& peers) override;
  void onMessage(Session& s, const Message& m) override;
  void onMessageSent(Session& s, const Message& m, const Receipt& r) override;
  void onMessageFailure(Session& s, const Message& m, const Error& e) override;
  void onMessageDelivered(Session& s, const MessageDelivered& e) override;
  void onMessageEdited(Session& s, const MessageEdited& e) override;
  void onMessageRecalled(Session& s, const MessageRecalled& e) override;
  void onUnreadChanged(Session& s, const UnreadCount& u) override;
  void onConversationUpdated(Session& s, const ConversationUpdated& e) override;
  void onStandingChanged(Session& s, const StandingChanged& e) override;
  void onEventsMissed(Session& s, const EventsMissed& e) override;
  void onJoined(Group& g) override;
  void onInvitedToGroup(Group& g, const std::string& by) override;
  void onLeft(Group& g, const std::string& by) override;
  void onInvited(Group& g, const std::vector<std::string>& peers) override;
  void onKicked(Group& g, const std::vector<std::string>& peers) override;
  void onMembersJoined(Group& g, const MembersChanged& e) override;
  void onMembersLeft(Group& g, const MembersChanged& e) override;
  void onReject(Group& g, const GroupRejected& e) override;
  void onGroupMessage(Group& g, const Message& m) override;
  void onGroupMessageSent(Group& g, const Message& m, const Receipt& r) override;
  void onGroupMessageFailure(Group& g, const Message& m, const Error& e) override;

 private:
  std::size_t countNow(const std::string& start) const;
  void write(std::string line, Session& session, Group* group = nullptr,
             const Message* message = nullptr);

  Waiter waiter_;
  std::vector<std::string> lines_;
  std::vector<Message> messages_;
};

}  // namespace kith::testing
