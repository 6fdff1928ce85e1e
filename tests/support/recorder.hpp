// SPDX-License-Identifier: Apache-2.0
// What a test hears from the client: a receiver that writes every callback down as one line, and
// completions that can be waited for. Callbacks on any thread, waiting on the test's.
#pragma once

#include <kith/group.hpp>
#include <kith/receiver.hpp>
#include <kith/session.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/waiter.hpp"

namespace kith::testing {

inline std::string joined(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

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

/// Writes down every callback, for example `onMessage tom: hello` or `onMembersLeft tom by bob`.
class Recorder : public MessageReceiver {
 public:
  /// Called with each line, on the executor, before it is written down.
  std::function<void(const std::string& line, Session& session, Group* group)> hook;

  std::vector<std::string> lines() {
    return waiter_.look([this] { return lines_; });
  }
  std::vector<Message> messages() {
    return waiter_.look([this] { return messages_; });
  }
  std::size_t count(const std::string& start) {
    return waiter_.look([&] { return countNow(start); });
  }
  /// Waits until `times` lines begin with `start`. Fails the test when they do not come.
  void wait(const std::string& start, std::size_t times = 1) {
    if (waiter_.until([&] { return countNow(start) >= times; })) return;
    std::string all;
    for (const std::string& line : lines()) all += "\n  " + line;
    FAIL("did not hear '" << start << "' " << times << " times; heard:" << all);
  }
  void waitForMessages(std::size_t count) {
    if (waiter_.until([&] { return messages_.size() >= count; })) return;
    FAIL("heard " << messages().size() << " of " << count << " messages");
  }
  void clear() {
    waiter_.change([this] {
      lines_.clear();
      messages_.clear();
    });
  }

  void onSessionOpen(Session& s, const SessionOpened& e) override {
    write("onSessionOpen " + joined(e.online), s);
  }
  void onSessionPaused(Session& s, const SessionPaused& e) override {
    write("onSessionPaused " + std::string(errcName(e.cause.code)), s);
  }
  void onSessionResumed(Session& s, const SessionOpened& e) override {
    write("onSessionResumed " + joined(e.online), s);
  }
  void onSessionClosed(Session& s, const SessionClosed& e) override {
    write("onSessionClosed" + (e.cause ? " " + std::string(errcName(e.cause->code)) : ""), s);
  }
  void onReconnecting(Session& s, const Reconnecting& e) override {
    write("onReconnecting " + std::string(errcName(e.reason.code)), s);
  }
  void onError(Session& s, const Error& e) override {
    write("onError " + std::string(errcName(e.code)), s);
  }
  void onStatusOnline(Session& s, const std::vector<std::string>& peers) override {
    write("onStatusOnline " + joined(peers), s);
  }
  void onStatusOffline(Session& s, const std::vector<std::string>& peers) override {
    write("onStatusOffline " + joined(peers), s);
  }
  void onPeersWatched(Session& s, const std::vector<std::string>& peers) override {
    write("onPeersWatched " + joined(peers), s);
  }
  void onPeersUnwatched(Session& s, const std::vector<std::string>& peers) override {
    write("onPeersUnwatched " + joined(peers), s);
  }
  void onMessage(Session& s, const Message& m) override {
    write("onMessage " + m.from + ": " + m.text, s, nullptr, &m);
  }
  void onMessageSent(Session& s, const Message& m, const Receipt& r) override {
    write("onMessageSent " + m.text + (r.message_id.empty() ? " without id" : ""), s);
  }
  void onMessageFailure(Session& s, const Message& m, const Error& e) override {
    write("onMessageFailure " + m.text + " " + std::string(errcName(e.code)), s);
  }
  void onMessageDelivered(Session& s, const MessageDelivered& e) override {
    write("onMessageDelivered " + e.message_id, s);
  }
  void onMessageEdited(Session& s, const MessageEdited& e) override {
    write("onMessageEdited " + e.message.from + ": " + e.message.text, s, nullptr, &e.message);
  }
  void onMessageRecalled(Session& s, const MessageRecalled& e) override {
    write("onMessageRecalled " + e.message_id + " by " + e.from, s);
  }
  void onUnreadChanged(Session& s, const UnreadCount& u) override {
    write("onUnreadChanged " + u.conversation_id + " " + std::to_string(u.count), s);
  }
  void onConversationUpdated(Session& s, const ConversationUpdated& e) override {
    write("onConversationUpdated " + e.attributes + " by " + e.by, s);
  }
  void onJoined(Group& g) override { write("onJoined " + g.groupId(), *g.session(), &g); }
  void onInvitedToGroup(Group& g, const std::string& by) override {
    write("onInvitedToGroup " + g.groupId() + " by " + by, *g.session(), &g);
  }
  void onLeft(Group& g, const std::string& by) override {
    write("onLeft " + g.groupId() + " by " + by, *g.session(), &g);
  }
  void onInvited(Group& g, const std::vector<std::string>& peers) override {
    write("onInvited " + joined(peers), *g.session(), &g);
  }
  void onKicked(Group& g, const std::vector<std::string>& peers) override {
    write("onKicked " + joined(peers), *g.session(), &g);
  }
  void onMembersJoined(Group& g, const MembersChanged& e) override {
    write("onMembersJoined " + joined(e.peers) + " by " + e.by, *g.session(), &g);
  }
  void onMembersLeft(Group& g, const MembersChanged& e) override {
    write("onMembersLeft " + joined(e.peers) + " by " + e.by, *g.session(), &g);
  }
  void onReject(Group& g, const GroupRejected& e) override {
    write("onReject " + joined(e.targets) + " " + std::string(errcName(e.error.code)), *g.session(),
          &g);
  }
  void onGroupMessage(Group& g, const Message& m) override {
    write("onGroupMessage " + m.from + ": " + m.text, *g.session(), &g, &m);
  }
  void onGroupMessageSent(Group& g, const Message& m, const Receipt& r) override {
    write("onGroupMessageSent " + m.text + (r.message_id.empty() ? " without id" : ""),
          *g.session(), &g);
  }
  void onGroupMessageFailure(Group& g, const Message& m, const Error& e) override {
    write("onGroupMessageFailure " + m.text + " " + std::string(errcName(e.code)), *g.session(),
          &g);
  }

 private:
  std::size_t countNow(const std::string& start) const {
    return static_cast<std::size_t>(std::count_if(
        lines_.begin(), lines_.end(),
        [&](const std::string& line) { return line.compare(0, start.size(), start) == 0; }));
  }
  void write(std::string line, Session& session, Group* group = nullptr,
             const Message* message = nullptr) {
    if (hook) hook(line, session, group);
    waiter_.change([&] {
      lines_.push_back(std::move(line));
      if (message != nullptr) messages_.push_back(*message);
    });
  }

  Waiter waiter_;
  std::vector<std::string> lines_;
  std::vector<Message> messages_;
};

}  // namespace kith::testing
