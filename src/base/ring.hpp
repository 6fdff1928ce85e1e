// SPDX-License-Identifier: Apache-2.0
// A queue in one growing block of memory. std::deque costs half a kilobyte when empty, which is too
// much for something that every one of 100,000 sessions has. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace kith::base {

/// First in, first out, with access by position. A slot that was popped keeps its value until it is
/// used again, so that strings keep their memory. When nothing is left, more than `Kept` slots go.
template <typename T, std::size_t Kept = 64>
class Ring {
 public:
  Ring() = default;
  Ring(Ring&& other) noexcept { swap(other); }
  Ring& operator=(Ring&& other) noexcept {
    clear();
    swap(other);
    return *this;
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return slots_[(head_ + i) & (slots() - 1)]; }
  const T& operator[](std::size_t i) const { return slots_[(head_ + i) & (slots() - 1)]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }

  /// A slot more at the end, holding whatever it held before: assign all of it.
  T& grow() {
    if (size_ == slots()) enlarge();
    ++size_;
    return (*this)[size_ - 1];
  }
  void push(T value) { grow() = std::move(value); }
  void pushFront(T value) {
    if (size_ == slots()) enlarge();
    head_ = (head_ + count_ - 1) & (count_ - 1);
    ++size_;
    front() = std::move(value);
  }
  void pop() {
    head_ = (head_ + 1) & (count_ - 1);
    --size_;
    giveBack();
  }
  void popBack() {
    --size_;
    giveBack();
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
    popBack();
    return value;
  }
  void clear() {
    slots_.reset();
    count_ = head_ = size_ = 0;
  }

 private:
  std::size_t slots() const { return count_; }
  void swap(Ring& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(count_, other.count_);
    std::swap(head_, other.head_);
    std::swap(size_, other.size_);
  }
  // R17: a burst must not keep its memory for ever.
  void giveBack() {
    if (size_ == 0 && count_ > Kept) clear();
  }
  void enlarge() {
    Ring larger;
    larger.count_ = count_ == 0 ? 1 : count_ * 2;
    larger.slots_ = std::make_unique<T[]>(larger.count_);
    for (std::size_t i = 0; i < size_; ++i) larger.slots_[i] = std::move((*this)[i]);
    larger.size_ = size_;
    swap(larger);
  }

  std::unique_ptr<T[]> slots_;
  std::uint32_t count_{0};  // of the slots: none or a power of two
  std::uint32_t head_{0};
  std::uint32_t size_{0};
};

}  // namespace kith::base
