// SPDX-License-Identifier: Apache-2.0
// What the SQLite storage knows about peers and conversations without asking the database: the row
// id, the end of its list, and how long the queue is, so that no insert has to count. Bounded; what
// was not used lately goes. Owned by the storage's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/seeded_hash.hpp"
#include "server/storage/chain.hpp"

namespace kith::storage {

struct ConversationRow {
  std::int64_t row{0};
  ListEnd list;
};

/// Between these two tokens none of the sender's is kept. Clients count their tokens up, so that
/// the next one is nearly always in the gap, and nobody has to look for it.
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
  bool counted{false};  ///< the members below are known
  std::size_t queued{0};
  std::size_t offline{0};    ///< of these, appended while the peer was away
  Position offline_from{0};  ///< no such row lies before it: where to look for the oldest
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

/// By app and name. Two halves: what is used moves to the young one; when that is full, the old one
/// is dropped. That keeps no order, and a hit in the young half costs no more than finding it.
template <typename Value>
class RowCache {
 public:
  /// Never more than `bound` rows, and at least the `bound / 2` used last.
  explicit RowCache(std::size_t bound) : half_(bound / 2) {}

  /// Null when it is not known. The pointer lives until the next find(), add() or clear().
  Value* find(std::int64_t app, std::string_view name) {
    const RowView view{app, name};
    if (const auto found = young_.find(view); found != young_.end()) return &found->second;
    const auto found = old_.find(view);
    if (found == old_.end()) return nullptr;
    auto node = old_.extract(found);
    makeRoom();
    return &young_.insert(std::move(node)).position->second;
  }

  Value* add(std::int64_t app, std::string_view name, Value value) {
    makeRoom();
    return &young_.insert_or_assign(RowKey{app, std::string(name)}, std::move(value)).first->second;
  }

  void clear() {
    young_.clear();
    old_.clear();
  }
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  using Half = std::unordered_map<RowKey, Value, RowHash, SameRow>;

  void makeRoom() {
    if (young_.size() < half_) return;
    old_.clear();
    old_.swap(young_);
  }

  std::size_t half_;
  Half young_;
  Half old_;
};

}  // namespace kith::storage
