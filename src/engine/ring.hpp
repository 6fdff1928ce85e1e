// SPDX-License-Identifier: Apache-2.0
// A queue in one growing block of memory. std::deque costs half a kilobyte when empty, which is too
// much for something that every one of 100,000 sessions has. Owned by whoever holds it; one thread.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace kith::engine {

/// First in, first out, with access by position. A slot that was popped keeps its value until it is
/// used again, so that strings keep their memory.
template <typename T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return slots_[(head_ + i) & (slots_.size() - 1)]; }
  const T& operator[](std::size_t i) const { return slots_[(head_ + i) & (slots_.size() - 1)]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }

  /// A slot more at the end, holding whatever it held before: assign all of it.
  T& grow() {
    if (size_ == slots_.size()) enlarge();
    ++size_;
    return (*this)[size_ - 1];
  }
  void push(T value) { grow() = std::move(value); }
  void pushFront(T value) {
    if (size_ == slots_.size()) enlarge();
    head_ = (head_ + slots_.size() - 1) & (slots_.size() - 1);
    ++size_;
    front() = std::move(value);
  }
  void pop() {
    head_ = (head_ + 1) & (slots_.size() - 1);
    --size_;
    // R17: a burst must not keep its memory for ever.
    if (size_ == 0 && slots_.size() > kKept) clear();
  }
  void popBack() {
    if (--size_ == 0 && slots_.size() > kKept) clear();
  }
  T take() {
    T value = std::move(front());
    pop();
    return value;
  }
  /// Takes from the middle; those behind move up.
  T takeAt(std::size_t i) {
    T value = std::move((*this)[i]);
    for (std::size_t j = i; j + 1 < size_; ++j) (*this)[j] = std::move((*this)[j + 1]);
    --size_;
    return value;
  }
  void clear() {
    slots_.clear();
    slots_.shrink_to_fit();
    head_ = size_ = 0;
  }

 private:
  static constexpr std::size_t kKept = 64;

  void enlarge() {
    std::vector<T> larger(slots_.empty() ? 4 : slots_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
    slots_ = std::move(larger);
    head_ = 0;
  }

  std::vector<T> slots_;  // empty or a power of two long
  std::size_t head_{0};
  std::size_t size_{0};
};

}  // namespace kith::engine
