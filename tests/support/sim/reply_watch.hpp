// SPDX-License-Identifier: Apache-2.0
// What a device saw leave and come, to find a notice that came before the reply to its command
// (avos-v1 §3.2 R2). One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "protocol/avos/frame.hpp"
#include "support/sim/ledger.hpp"

namespace kith::sim {

class ReplyWatch {
 public:
  /// A peer that gives commands from this device only; those of others are not told apart.
  void add(const std::string& peer) { peers_.insert(peer); }

  /// A connection begins. What had no reply on the one before may show at any time from here on.
  void connected() {
    for (const auto& [serial, change] : changes_) peers_.erase(change.peer);
    changes_.clear();
    asked_.clear();
    unanswered_.clear();
  }

  void sent(const avos::Frame& frame) {
    if (const auto* direct = frame.as<avos::Direct>(); direct && !direct->transient) {
      const std::size_t message = Ledger::numberOf(direct->text);
      asked_[frame.i.number] = message;
      // One that went out before may have been accepted then.
      if (messages_.insert(message).second) {
        unanswered_.insert(message);
      } else {
        unanswered_.erase(message);
      }
    } else if (const auto* change = frame.as<avos::RoomRequest>()) {
      changes_[frame.i.number] = {std::string(frame.peer()), change->op};
    }
  }

  /// Empty, or what came too early. `paged`: the message is in a page that was read for its
  /// receiver, which waits for nothing.
  std::string received(const avos::Frame& frame, bool paged) {
    const bool reply = frame.i.kind != avos::Serial::Kind::None;
    if (frame.is<avos::Ack>() && reply) {
      const auto asked = asked_.find(frame.i.number);
      if (asked != asked_.end()) unanswered_.erase(asked->second);
    } else if (const auto* direct = frame.as<avos::Direct>(); direct && !paged) {
      const std::size_t message = Ledger::numberOf(direct->text);
      if (unanswered_.contains(message)) return "m" + std::to_string(message);
    } else if (const auto* event = frame.as<avos::RoomEvent>()) {
      if (!reply) return noticed(std::string(frame.peer()), *event);
      replied(frame.i.number, event);
    } else if (frame.is<avos::RoomReject>() && reply) {
      replied(frame.i.number, nullptr);
    }
    return {};
  }

 private:
  using Request = avos::RoomRequest::Op;
  using Told = avos::RoomEvent::Op;
  struct Change {
    std::string peer;
    Request op;
  };
  /// The peer that did it, in which group, and what is told of it.
  using Kind = std::tuple<std::string, std::string, Told>;

  /// `event` is null where the change was refused.
  void replied(std::int64_t serial, const avos::RoomEvent* event) {
    const auto found = changes_.find(serial);
    if (found == changes_.end()) return;
    const Change change = found->second;
    changes_.erase(found);
    if (event == nullptr) return;
    const std::string group(event->room);
    const bool adds = change.op == Request::Join || change.op == Request::Invite;
    ++due_[{change.peer, group, adds ? Told::MembersJoined : Told::MembersLeft}];
    ++due_[{change.peer, group, adds ? Told::Joined : Told::Left}];
  }

  /// A change has one notice of a kind at most for each receiver, and some have none.
  std::string noticed(const std::string& to, const avos::RoomEvent& event) {
    const std::string by(event.by);
    if (!peers_.contains(by)) return {};
    const Kind kind{by, event.room, event.op};
    if (++noticed_[{to, kind}] <= due_[kind]) return {};
    return "a change of " + std::string(event.room) + " by " + by;
  }

  std::set<std::string> peers_;
  // Of this connection, by what their replies are told by.
  std::map<std::int64_t, Change> changes_;
  std::map<std::int64_t, std::size_t> asked_;
  std::set<std::size_t> messages_;    // went out, ever
  std::set<std::size_t> unanswered_;  // went out once, on this connection
  std::map<Kind, int> due_;
  std::map<std::pair<std::string, Kind>, int> noticed_;
};

}  // namespace kith::sim
