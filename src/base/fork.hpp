// SPDX-License-Identifier: Apache-2.0
// What fork() leaves in the child: one thread, and a copy of all memory, in which a lock that
// another thread held is never released and a thread that is to be joined never ends. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace kith::base {

/// Runs `renew` in every forked child, before fork() returns there. False when memory is short.
bool inForkedChild(void (*renew)());

/// How many forks lie between the process that loaded the library and this one. Children of a raw
/// clone(2) or of vfork() are not noticed: they may only call exec or _exit().
std::uint32_t forkCount();

/// Remembers the process that it was made in.
class Origin {
 public:
  Origin() : count_(forkCount()) {}
  /// True in a child of that process. What was made before the fork must then be left alone.
  bool elsewhere() const { return forkCount() != count_; }

 private:
  std::uint32_t count_;
};

/// Never destroys `part`, and keeps it reachable, so that no checker calls it a leak: in a forked
/// child it belongs to the parent, at exit to statics that are gone.
void neverDestroy(std::shared_ptr<void> part);

/// The one T of this process, which is never destroyed. A forked child gets a fresh one, because
/// the parent's may have been locked at that moment.
template <typename T>
class OfProcess {
 public:
  static T& get() {
    static const bool made = make() && inForkedChild([] { make(); });
    static_cast<void>(made);
    return current_.load(std::memory_order_acquire)->value;
  }

 private:
  struct Node {
    T value;
    Node* of_parent;  // still reachable: it is no leak
  };
  static bool make() {
    current_.store(new Node{T(), current_.load(std::memory_order_relaxed)},
                   std::memory_order_release);
    return true;
  }

  // A child of a busy parent writes it: no lock of the parent's says that this comes later.
  inline static std::atomic<Node*> current_{nullptr};
};

}  // namespace kith::base
