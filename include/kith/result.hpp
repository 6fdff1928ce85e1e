// SPDX-License-Identifier: Apache-2.0
// A value or the Error that stands in its place. Plain data; copy or move it on any thread.
#pragma once

#include <kith/error.hpp>
#include <kith/export.hpp>

#include <stdexcept>
#include <utility>
#include <variant>

namespace kith {

/// Thrown by `Result::value()` and `Result::error()` when asked for the side that is not there:
/// always a mistake of the caller.
class KITH_EXPORT BadResultAccess : public std::logic_error {
 public:
  using std::logic_error::logic_error;
  BadResultAccess(const BadResultAccess&) = default;
  BadResultAccess& operator=(const BadResultAccess&) = default;
  ~BadResultAccess() override;
};

/// Throws `BadResultAccess`. It is part of the library because a program may be built without
/// exceptions, as game engines are; the mistake then ends that program.
[[noreturn]] KITH_EXPORT void throwBadResultAccess(const char* what);

/// Either a `T` or an `Error`. Look before you take: `if (r) use(*r); else tell(r.error());`
template <typename T>
class [[nodiscard]] Result {
 public:
  /// A success.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  /// A failure.
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  /// True for a success.
  bool ok() const noexcept { return state_.index() == 0; }
  /// True for a success.
  explicit operator bool() const noexcept { return ok(); }

  /// The value; throws `BadResultAccess` for a failure.
  const T& value() const& {
    if (!ok()) throwBadResultAccess("kith::Result::value() of a failure: test ok() first");
    return *std::get_if<0>(&state_);
  }
  /// The value, moved out; throws `BadResultAccess` for a failure.
  T&& value() && {
    if (!ok()) throwBadResultAccess("kith::Result::value() of a failure: test ok() first");
    return std::move(*std::get_if<0>(&state_));
  }
  /// The value, or `fallback` for a failure.
  T valueOr(T fallback) const& { return ok() ? *std::get_if<0>(&state_) : std::move(fallback); }

  /// The error; throws `BadResultAccess` for a success.
  const Error& error() const {
    if (ok()) throwBadResultAccess("kith::Result::error() of a success: test ok() first");
    return *std::get_if<1>(&state_);
  }

  /// The value, unchecked: undefined for a failure.
  const T& operator*() const noexcept { return *std::get_if<0>(&state_); }
  /// The value, unchecked: undefined for a failure.
  T& operator*() noexcept { return *std::get_if<0>(&state_); }
  /// A member of the value, unchecked: undefined for a failure.
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }
  /// A member of the value, unchecked: undefined for a failure.
  T* operator->() noexcept { return std::get_if<0>(&state_); }

  /// Equal when both are the same side and equal in it.
  friend bool operator==(const Result& a, const Result& b) { return a.state_ == b.state_; }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an `Error`.
template <>
class [[nodiscard]] Result<void> {
 public:
  /// A success.
  Result() = default;
  /// A failure.
  Result(Error error) : failed_(true), error_(std::move(error)) {}

  /// True for a success.
  bool ok() const noexcept { return !failed_; }
  /// True for a success.
  explicit operator bool() const noexcept { return ok(); }
  /// Does nothing for a success; throws `BadResultAccess` for a failure.
  void value() const {
    if (failed_) throwBadResultAccess("kith::Result::value() of a failure: test ok() first");
  }
  /// The error; throws `BadResultAccess` for a success.
  const Error& error() const {
    if (!failed_) throwBadResultAccess("kith::Result::error() of a success: test ok() first");
    return error_;
  }
  /// Equal when both are the same side and equal in it.
  friend bool operator==(const Result& a, const Result& b) {
    return a.failed_ == b.failed_ && (!a.failed_ || a.error_ == b.error_);
  }

 private:
  bool failed_{false};
  Error error_{Errc::Ok, 0, {}, false};
};

}  // namespace kith
