// SPDX-License-Identifier: Apache-2.0
// Whether the lines of an exported folder are what they have to be. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kith::rescue {

/// What a check found. It names so many of a kind that a folder of rubbish does not fill a screen.
struct Findings {
  static constexpr std::size_t kMostNamed = 20;

  std::vector<std::string> faults;
  std::int64_t all_faults{0};
  std::vector<std::string> notes;  ///< what is odd, and no fault

  void fault(std::string text);
};

/// The conversations of `classes/_Conversation.jsonl`: 8 bytes each.
class KnownConversations {
 public:
  KnownConversations();
  void add(std::string_view id);
  /// When all were added.
  void close();
  bool has(std::string_view id) const;
  std::size_t size() const { return hashes_.size(); }

 private:
  std::uint64_t seed_;
  std::vector<std::uint64_t> hashes_;
};

/// Told the id of each good row.
using OnId = std::function<void(std::string_view id)>;

/// The lines of a class, from the first on.
class ClassCheck {
 public:
  /// `file` is the name in faults, `name` the class.
  ClassCheck(std::string file, std::string_view name, Findings& findings, OnId on_id);
  void line(std::string_view line);
  std::int64_t rows() const { return rows_; }

 private:
  std::string file_;
  std::string header_;
  Findings& findings_;
  OnId on_id_;
  std::int64_t lines_{0};
  std::int64_t rows_{0};
};

/// The lines of messages.
class MessageCheck {
 public:
  /// Conversations that are not known, of which the ids are kept.
  static constexpr std::size_t kMostUnknown = 10'000;

  MessageCheck(std::string file, const KnownConversations& known, bool by_conversation,
               Findings& findings);
  void line(std::string_view line);
  std::int64_t rows() const { return rows_; }
  std::int64_t newest() const { return newest_; }
  std::int64_t oldest() const { return oldest_; }
  /// When all lines were seen: notes what conversations are not known.
  void close();

 private:
  void seeConversation(const std::string& id);

  std::string file_;
  const KnownConversations& known_;
  bool by_conversation_;
  Findings& findings_;
  std::int64_t rows_{0};
  std::int64_t newest_{0};
  std::int64_t oldest_{0};
  std::int64_t last_timestamp_{0};
  std::string last_conversation_;
  std::map<std::string, std::int64_t> unknown_;  // messages of each
  std::int64_t unknown_messages_{0};
};

}  // namespace kith::rescue
