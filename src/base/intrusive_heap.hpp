// SPDX-License-Identifier: Apache-2.0
// Things by a key, the least first. It owns nothing. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kith::base {

/// A binary heap in which each thing knows its place (the member `Place`; kNotInHeap when it is not
/// in it), so that a change costs O(log n), and a thing that is not in it costs nothing. Keys stand
/// beside the pointers, so that comparing touches no thing. A thing is taken out before it goes.
template <typename Key, typename Thing, std::size_t Thing::*Place>
class IntrusiveHeap {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  /// Of the least; there must be one.
  const Key& firstKey() const { return heap_.front().key; }
  Thing& first() const { return *heap_.front().thing; }

  /// Puts it in, or changes its key.
  void set(Thing& thing, const Key& key) {
    if (thing.*Place == kNotInHeap) {
      heap_.push_back({key, &thing});
      return rise(heap_.size() - 1);
    }
    heap_[thing.*Place].key = key;
    settle(thing.*Place);
  }
  /// Takes it out if it is in.
  void remove(Thing& thing) {
    const std::size_t place = thing.*Place;
    if (place == kNotInHeap) return;
    thing.*Place = kNotInHeap;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) return;
    put(place, last);
    settle(place);
  }

  static constexpr std::size_t kNotInHeap = SIZE_MAX;

 private:
  struct Entry {
    Key key;
    Thing* thing;
  };

  void put(std::size_t place, const Entry& entry) {
    heap_[place] = entry;
    entry.thing->*Place = place;
  }
  void settle(std::size_t place) {
    if (place > 0 && heap_[place].key < heap_[(place - 1) / 2].key) return rise(place);
    sink(place);
  }
  void rise(std::size_t place) {
    const Entry entry = heap_[place];
    for (; place > 0 && entry.key < heap_[(place - 1) / 2].key; place = (place - 1) / 2) {
      put(place, heap_[(place - 1) / 2]);
    }
    put(place, entry);
  }
  void sink(std::size_t place) {
    const Entry entry = heap_[place];
    for (;;) {
      std::size_t child = 2 * place + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1].key < heap_[child].key) ++child;
      if (!(heap_[child].key < entry.key)) break;
      put(place, heap_[child]);
      place = child;
    }
    put(place, entry);
  }

  std::vector<Entry> heap_;
};

}  // namespace kith::base
