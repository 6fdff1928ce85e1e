// SPDX-License-Identifier: Apache-2.0
// A mutex that the compiler knows: clang checks at compile time that what is guarded is touched
// under its lock (-Wthread-safety, an error in preset ci). Other compilers see plain std::mutex.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define KITH_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define KITH_THREAD_SAFETY(attribute)
#endif

/// A member that is read and written under this mutex only.
#define KITH_GUARDED_BY(mutex) KITH_THREAD_SAFETY(guarded_by(mutex))
/// A function that is called with the mutex locked.
#define KITH_REQUIRES(...) KITH_THREAD_SAFETY(requires_capability(__VA_ARGS__))
/// A function whose locking the compiler cannot follow; its comment says why.
#define KITH_UNCHECKED KITH_THREAD_SAFETY(no_thread_safety_analysis)
/// A function that locks the mutex itself, so that it must not be locked already.
#define KITH_EXCLUDES(...) KITH_THREAD_SAFETY(locks_excluded(__VA_ARGS__))

namespace kith::base {

class KITH_THREAD_SAFETY(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class Lock;
  std::mutex mutex_;
};

/// Holds a mutex from here to the end of the block, but for what lies between unlock() and lock().
class KITH_THREAD_SAFETY(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) KITH_THREAD_SAFETY(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~Lock() KITH_THREAD_SAFETY(release_capability()) = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void unlock() KITH_THREAD_SAFETY(release_capability()) { lock_.unlock(); }
  void lock() KITH_THREAD_SAFETY(acquire_capability()) { lock_.lock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

/// Waits for a change of what a mutex guards: `while (!there()) changed.wait(lock);`. A loop of the
/// caller's own, because a lambda would be another function, which does not hold the lock.
class Condition {
 public:
  void wait(Lock& lock) { condition_.wait(lock.lock_); }
  /// False: the time came first.
  bool waitUntil(Lock& lock, std::chrono::steady_clock::time_point end) {
    return condition_.wait_until(lock.lock_, end) == std::cv_status::no_timeout;
  }
  void notifyOne() noexcept { condition_.notify_one(); }
  void notifyAll() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace kith::base
