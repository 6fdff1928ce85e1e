// SPDX-License-Identifier: Apache-2.0
// Intents and serials that outlive the frame they came in. Plain data; reuse keeps the memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/core/intents.hpp"

namespace kith::core {

class OwnedSerial {
 public:
  void assign(const Serial& serial) {
    kind_ = serial.kind;
    number_ = serial.number;
    text_.assign(serial.text);
  }
  /// Points into this object.
  Serial get() const { return {kind_, number_, text_}; }

 private:
  Serial::Kind kind_{Serial::Kind::None};
  std::int64_t number_{0};
  std::string text_;
};

/// One that waits for its group, or changes it. A signature that has been looked at before is not
/// kept.
class OwnedIntent {
 public:
  using Body = std::variant<SendMessage, ChangeMembers, AcknowledgeUpTo, ReadMessages, MarkRead,
                            EditMessage, UpdateConversation, MuteConversation, CountMembers,
                            FindConversations, AskMarks, AskMembership, ListMembers, ChangeStanding,
                            ListStandings, RemoveConversation, AskChanges, AskEdits>;

  OwnedIntent() = default;
  // The views of get() point into this object.
  OwnedIntent(const OwnedIntent&) = delete;
  OwnedIntent& operator=(const OwnedIntent&) = delete;

  void assign(const SendMessage& intent);
  void assign(const ChangeMembers& intent);
  void assign(const ReadMessages& intent);
  void assign(const EditMessage& intent);
  void assign(const UpdateConversation& intent);
  void assign(const MarkRead& intent);
  void assign(const AskMembership& intent);
  void assign(const ChangeStanding& intent);
  void assign(const ListStandings& intent);
  /// Without the query, which is asked at once.
  void assign(const FindConversations& intent);
  void assign(const AskChanges& intent) { body_ = intent; }
  void assign(const AskEdits& intent) { body_ = intent; }
  /// One whose only text is the name of its group.
  template <typename Simple>
  void assign(const Simple& intent) {
    reserve(intent.group.size(), 0);
    Simple kept = intent;
    kept.group = keep(intent.group);
    body_ = kept;
  }
  const Body& get() const { return body_; }
  /// It is a change.
  const ChangeMembers& change() const { return std::get<ChangeMembers>(body_); }

 private:
  void reserve(std::size_t bytes, std::size_t ids);
  IdList keep(IdList list);
  std::string_view keep(std::string_view text);

  Body body_;
  std::string bytes_;
  std::vector<std::string_view> ids_;
  std::vector<ReadMark> marks_;
};

}  // namespace kith::core
