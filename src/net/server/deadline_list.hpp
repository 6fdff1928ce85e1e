// SPDX-License-Identifier: Apache-2.0
// Deadlines that are all equally far away when they are set, so that the order of setting is the
// order of coming: a list is enough, and each step costs the same however long it is. Pure; one
// thread.
#pragma once

#include "base/clock.hpp"

namespace kith::net {

class DeadlineList;

/// The base of what has a deadline. It is cleared before it goes.
struct Deadline {
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  DeadlineList* list{nullptr};  ///< null = there is none
  Deadline* before{nullptr};
  Deadline* behind{nullptr};
  base::Millis at{base::kNever};
};

class DeadlineList {
 public:
  /// `length` is from set() to the deadline.
  explicit DeadlineList(base::Millis length) : length_(length) {}
  DeadlineList(const DeadlineList&) = delete;
  DeadlineList& operator=(const DeadlineList&) = delete;

  /// Begins anew, also when it is in a list already.
  void set(Deadline& deadline, base::Millis now) {
    clear(deadline);
    deadline.list = this;
    deadline.at = now + length_;
    deadline.before = last_;
    (last_ != nullptr ? last_->behind : first_) = &deadline;
    last_ = &deadline;
  }
  /// Lets it come at once.
  void setDue(Deadline& deadline) {
    clear(deadline);
    deadline.list = this;
    deadline.at = base::Millis::zero();
    deadline.behind = first_;
    (first_ != nullptr ? first_->before : last_) = &deadline;
    first_ = &deadline;
  }
  /// Takes it out of whichever list it is in.
  static void clear(Deadline& deadline) {
    if (deadline.list == nullptr) return;
    DeadlineList& list = *deadline.list;
    (deadline.before != nullptr ? deadline.before->behind : list.first_) = deadline.behind;
    (deadline.behind != nullptr ? deadline.behind->before : list.last_) = deadline.before;
    deadline.list = nullptr;
    deadline.before = deadline.behind = nullptr;
  }
  base::Millis length() const { return length_; }
  /// It came because of setDue(); for what takeDue() gave.
  static bool wasSetDue(const Deadline& deadline) { return deadline.at == base::Millis::zero(); }
  base::Millis earliest() const { return first_ != nullptr ? first_->at : base::kNever; }
  /// Takes out the first that has come; null when there is none.
  Deadline* takeDue(base::Millis now) {
    if (first_ == nullptr || first_->at > now) return nullptr;
    Deadline* const due = first_;
    clear(*due);
    return due;
  }

 private:
  const base::Millis length_;
  Deadline* first_{nullptr};
  Deadline* last_{nullptr};
};

}  // namespace kith::net
