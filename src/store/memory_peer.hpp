// SPDX-License-Identifier: Apache-2.0
// What the memory store holds of one peer. Every change notes how to take it back. Owned by the
// memory store, under its lock.
#pragma once

#include <kith/limits.hpp>
#include <kith/store.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "store/make_store.hpp"

namespace kith::store {

/// The way back, step by step. Nothing that it points to may go away meanwhile.
class Undo {
 public:
  void note(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void run() {
    for (; !steps_.empty(); steps_.pop_back()) steps_.back()();
  }

 private:
  std::vector<std::function<void()>> steps_;
};

/// Messages in the order in which they came, each once per id.
template <typename T>
class Messages {
 public:
  /// False: the id is there already.
  bool add(const std::string& id, const T& entry, Undo& undo) {
    if (!places_.try_emplace(id, next_).second) return false;
    entries_.emplace(next_++, entry);
    undo.note([this, id] { take(id); });
    return true;
  }
  /// False: there is none of this id.
  bool remove(const std::string& id, Undo& undo) {
    const auto found = places_.find(id);
    if (found == places_.end()) return false;
    undo.note([this, place = found->second, id, entry = entries_.at(found->second)] {
      places_.emplace(id, place);
      entries_.emplace(place, entry);
    });
    take(id);
    return true;
  }
  const T* find(const std::string& id) const {
    const auto found = places_.find(id);
    return found == places_.end() ? nullptr : &entries_.at(found->second);
  }
  std::vector<T> all() const {
    std::vector<T> list;
    list.reserve(entries_.size());
    for (const auto& [place, entry] : entries_) list.push_back(entry);
    return list;
  }
  bool empty() const { return entries_.empty(); }

 private:
  void take(const std::string& id) {
    const auto found = places_.find(id);
    entries_.erase(found->second);
    places_.erase(found);
  }

  std::map<std::uint64_t, T> entries_;
  std::unordered_map<std::string, std::uint64_t> places_;
  std::uint64_t next_{0};
};

/// The newest `limits::kRememberedIds` ids.
class ShownIds {
 public:
  void add(const std::string& id, Undo& undo) {
    if (!known_.insert(id).second) return;
    order_.push_back(id);
    bytes_ += costOf(id);
    undo.note([this] {
      bytes_ -= costOf(order_.back());
      known_.erase(order_.back());
      order_.pop_back();
    });
    if (order_.size() <= limits::kRememberedIds) return;
    undo.note([this, oldest = order_.front()] {
      order_.push_front(oldest);
      known_.insert(oldest);
      bytes_ += costOf(oldest);
    });
    bytes_ -= costOf(order_.front());
    known_.erase(order_.front());
    order_.pop_front();
  }
  void clear() {
    order_.clear();
    known_.clear();
    bytes_ = 0;
  }
  std::size_t bytes() const { return bytes_; }
  const std::deque<std::string>& all() const { return order_; }

 private:
  // It is there twice, and so are the nodes that hold it.
  static std::size_t costOf(const std::string& id) { return 2 * id.size() + 128; }

  std::size_t bytes_{0};
  std::deque<std::string> order_;
  std::unordered_set<std::string> known_;
};

/// A message of ours, and when it came by the clock that is never set.
struct WaitingOutgoing {
  StoredOutgoing entry;
  Uptime kept;
};

struct MemoryPeer {
  Messages<WaitingOutgoing> outgoing;
  Messages<StoredIncoming> incoming;
  ShownIds shown;
  std::vector<std::string> watched;
  Timestamp seen{};
};

}  // namespace kith::store
