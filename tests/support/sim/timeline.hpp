// SPDX-License-Identifier: Apache-2.0
// The only clock of a simulated world: things happen in the order of their times, those of one
// millisecond in the order in which they were asked for. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace kith::sim {

/// Virtual milliseconds since the world began.
using Time = std::int64_t;

class Timeline {
 public:
  Time now() const { return now_; }
  std::uint64_t happened() const { return happened_; }

  /// Calls `(target.*Method)(argument)` at `when`, at once when that is past.
  template <auto Method, typename Target>
  void at(Time when, Target& target, std::uint64_t argument = 0) {
    const Call call = [](void* object, std::uint64_t value) {
      (static_cast<Target*>(object)->*Method)(value);
    };
    entries_.push_back({std::max(when, now_), next_++, call, &target, argument});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }
  template <auto Method, typename Target>
  void in(Time delay, Target& target, std::uint64_t argument = 0) {
    at<Method>(now_ + delay, target, argument);
  }

  /// Lets the next thing happen. False: nothing is left up to `until`, which is the time now.
  bool step(Time until) {
    if (entries_.empty() || entries_.front().when > until) {
      now_ = until;
      return false;
    }
    std::pop_heap(entries_.begin(), entries_.end(), later);
    const Entry entry = entries_.back();
    entries_.pop_back();
    now_ = entry.when;
    ++happened_;
    entry.call(entry.target, entry.argument);
    return true;
  }

 private:
  using Call = void (*)(void*, std::uint64_t);
  struct Entry {
    Time when;
    std::uint64_t order;
    Call call;
    void* target;
    std::uint64_t argument;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  std::vector<Entry> entries_;
  std::uint64_t next_{0};
  std::uint64_t happened_{0};
  Time now_{0};
};

}  // namespace kith::sim
