// SPDX-License-Identifier: Apache-2.0
// What the SQLite storage knows about peers and conversations without asking the database: the row
// id, the end of its list, and how long the queue is, so that no insert has to count. Bounded; the
// least recently used go. Owned by the storage's thread.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "server/storage/chain.hpp"

namespace kith::storage {

struct Conversation {
  std::int64_t row{0};
  ListEnd list;
};

struct Peer {
  std::int64_t row{0};
  ListEnd sent;
  bool counted{false};  ///< the members below are known
  std::size_t queued{0};
  std::size_t offline{0};    ///< of these, appended while the peer was away
  Sequence offline_from{0};  ///< no such row lies before it: where to look for the oldest
};

/// By app and name.
template <typename Value>
class RowCache {
 public:
  explicit RowCache(std::size_t bound) : bound_(bound) {}

  /// Null when it is not known. The pointer lives until the next add() or clear().
  Value* find(std::int64_t app, std::string_view name) {
    const auto found = by_key_.find(Key{app, name});
    if (found == by_key_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->value;
  }

  Value* add(std::int64_t app, std::string_view name, Value value) {
    if (by_key_.size() >= bound_) {
      by_key_.erase(order_.back().key());
      order_.pop_back();
    }
    order_.push_front({app, std::string(name), std::move(value)});
    by_key_.emplace(order_.front().key(), order_.begin());
    return &order_.front().value;
  }

  void clear() {
    by_key_.clear();
    order_.clear();
  }

 private:
  struct Key {
    std::int64_t app;
    std::string_view name;  // of the entry in order_
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>{}(key.name) ^ (static_cast<std::size_t>(key.app) << 1);
    }
  };
  struct Entry {
    std::int64_t app;
    std::string name;
    Value value;
    Key key() const { return {app, name}; }
  };

  std::size_t bound_;
  std::list<Entry> order_;
  std::unordered_map<Key, typename std::list<Entry>::iterator, KeyHash> by_key_;
};

}  // namespace kith::storage
