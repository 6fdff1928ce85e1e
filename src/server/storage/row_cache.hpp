// SPDX-License-Identifier: Apache-2.0
// What the SQLite storage knows about peers, conversations and their members without asking the
// database. Bounded; what was not used lately goes. Owned by the storage's thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash_index.hpp"
#include "base/seeded_hash.hpp"
#include "server/storage/chain.hpp"
#include "server/storage/cursor.hpp"

namespace kith::storage {

struct ConversationRow {
  std::int64_t row{0};
  ConversationKind kind{ConversationKind::Pair};
  Seq last{0};
  std::int64_t time{0};  ///< of the last row
  Seq history{0};        ///< rows up to here wait for no member: they were imported
  ListEnd list;
  std::vector<std::int64_t> peers;   ///< Pair: rows of its members
  std::string pair;                  ///< ListedPair: its name as a pair
  std::optional<std::size_t> count;  ///< Group: its members, once they were counted
};

/// Between these two tokens none of the sender's is kept. Clients count their tokens up, so that
/// the next one is nearly always in the gap, and need not be looked for.
struct TokenGap {
  bool known{false};
  std::string after;
  std::string before;  ///< empty = no end

  bool holds(std::string_view token) const {
    return known && token > after && (before.empty() || token < before);
  }
};

struct PeerRow {
  std::int64_t row{0};
  ListEnd sent;
  TokenGap tokens;
  std::string absences;  ///< Absences::pack()
  bool lists{false};     ///< looks for its pairs in a list
};

/// A peer in a conversation.
struct MemberRow {
  Seq until{0};   ///< its last row; 0 = it is inside
  Seq latest{0};  ///< Pair, unless caught up: the last row that waits for it
  Cursor cursor;
  bool is_pair{false};
  /// Nothing waits for a member of a pair, or for one that left a group. Then the cursor says
  /// nothing, and the table need not hear of a message that is acknowledged soon.
  bool caught_up{false};
  bool behind_on_disk{true};  ///< what the table says
};

/// The name of a row: the app's row and a text that a stranger chose.
struct RowView {
  std::int64_t app;
  std::string_view name;
};
struct RowKey {
  std::int64_t app;
  std::string name;
  operator RowView() const { return {app, name}; }
};
class RowHash {
 public:
  using is_transparent = void;
  std::size_t operator()(const RowView& view) const {
    return text_(view.name) ^ number_(static_cast<std::uint64_t>(view.app));
  }

 private:
  base::TextHash text_;
  base::NumberHash number_;
};
struct SameRow {
  using is_transparent = void;
  bool operator()(const RowView& a, const RowView& b) const {
    return a.app == b.app && a.name == b.name;
  }
};

/// A member: the rows of its conversation and of its peer.
struct MemberKey {
  std::int64_t conversation;
  std::int64_t peer;
  bool operator==(const MemberKey&) const = default;
};
struct MemberHash {
  std::size_t operator()(const MemberKey& key) const {
    const auto mixed = static_cast<std::uint64_t>(key.conversation) * 0x9e3779b97f4a7c15u;
    return number_(mixed ^ static_cast<std::uint64_t>(key.peer));
  }

 private:
  base::NumberHash number_;
};

/// Two halves: what is used moves to the young one; when that is full, the old one
/// is dropped. That keeps no order, and a hit in the young half costs no more than finding it.
template <typename Map>
class HalvedCache {
 public:
  using Value = typename Map::mapped_type;

  /// Never more than `bound` rows, and at least the `bound / 2` used last.
  explicit HalvedCache(std::size_t bound) : half_(bound / 2) {}

  /// Null when it is not known. The pointer lives until the next find(), add() or clear().
  template <typename Key>
  Value* find(const Key& key) {
    if (const auto found = young_.find(key); found != young_.end()) return &found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return nullptr;
    auto node = old_.extract(found);
    makeRoom();
    return &young_.insert(std::move(node)).position->second;
  }

  Value* add(typename Map::key_type key, Value value) {
    makeRoom();
    return &young_.insert_or_assign(std::move(key), std::move(value)).first->second;
  }

  template <typename Key>
  void erase(const Key& key) {
    if (const auto found = young_.find(key); found != young_.end()) young_.erase(found);
    if (const auto found = old_.find(key); found != old_.end()) old_.erase(found);
  }

  void clear() {
    young_.clear();
    old_.clear();
  }
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  void makeRoom() {
    if (young_.size() < half_) return;
    old_.clear();
    old_.swap(young_);
  }

  std::size_t half_;
  Map young_;
  Map old_;
};

/// By app and name.
template <typename Value>
using RowCache = HalvedCache<std::unordered_map<RowKey, Value, RowHash, SameRow>>;

/// The same of members, of which each message needs several: they stand in the slots of the table,
/// so that one that was not looked at lately is one place in memory away.
class MemberCache {
 public:
  explicit MemberCache(std::size_t bound) : half_(bound / 2) {}

  /// Null when it is not known. The pointer lives until the next find(), add() or clear().
  MemberRow* find(const MemberKey& key) {
    if (MemberRow* known = find(young_, key)) return known;
    MemberRow* before = find(old_, key);
    return before != nullptr ? add(key, std::move(*before)) : nullptr;
  }

  MemberRow* add(const MemberKey& key, MemberRow row) {
    if (MemberRow* known = find(young_, key)) return &(*known = std::move(row));
    if (size_ == half_) {
      old_ = std::exchange(young_, {});
      old_size_ = std::exchange(size_, 0);
    }
    if (++size_ * 8 > young_.capacity() * 5) grow();
    Slot& slot = young_[place(young_, key)];
    slot = {key, std::move(row)};
    return &slot.row;
  }

  void clear() {
    young_ = old_ = {};
    size_ = old_size_ = 0;
  }
  std::size_t size() const { return size_ + old_size_; }

 private:
  struct Slot {
    MemberKey key{0, 0};
    MemberRow row;
    bool isFree() const { return key.conversation == 0; }  // rows begin with 1
  };
  using Table = base::ProbeTable<Slot>;

  std::size_t place(const Table& table, const MemberKey& key) const {
    return table.find(hash_(key), [&](const Slot& slot) { return slot.key == key; });
  }
  MemberRow* find(Table& table, const MemberKey& key) const {
    if (table.capacity() == 0) return nullptr;
    Slot& slot = table[place(table, key)];
    return slot.isFree() ? nullptr : &slot.row;
  }
  void grow() {
    Table before = std::exchange(young_, Table(std::max<std::size_t>(16, 2 * young_.capacity())));
    for (std::size_t i = 0; i < before.capacity(); ++i) {
      if (before[i].isFree()) continue;
      const std::size_t at = place(young_, before[i].key);
      young_[at] = std::move(before[i]);
    }
  }

  std::size_t half_;
  MemberHash hash_;
  Table young_;
  Table old_;
  std::size_t size_{0};  // of the young half
  std::size_t old_size_{0};
};

}  // namespace kith::storage
