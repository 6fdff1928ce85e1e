// SPDX-License-Identifier: Apache-2.0
// A counted reference for objects that live on the hub's one thread: no atomic counters, no second
// allocation. The target has `std::uint32_t refs` and a static `lastRefGone(T*)`.
#pragma once

#include <utility>

namespace kith::core {

template <typename T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* target) : target_(target) {
    if (target_) ++target_->refs;
  }
  Ref(const Ref& other) : Ref(other.target_) {}
  Ref(Ref&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  ~Ref() {
    if (target_ && --target_->refs == 0) T::lastRefGone(target_);
  }

  T* get() const { return target_; }
  T* operator->() const { return target_; }
  T& operator*() const { return *target_; }
  explicit operator bool() const { return target_ != nullptr; }
  void reset() { *this = Ref(); }

 private:
  T* target_{nullptr};
};

}  // namespace kith::core
