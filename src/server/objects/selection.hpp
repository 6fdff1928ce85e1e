// SPDX-License-Identifier: Apache-2.0
// `keys`: which fields of an object a client wants to see. Plain data; any thread.
#pragma once

#include "server/objects/query.hpp"

namespace kith::objects {

/// Keys in one selection.
inline constexpr std::size_t kSelectedKeys = 256;

class Selection {
 public:
  /// `a,b.c`: these only; `-a,-b.c`: all but these; both kinds: the first without the second; an
  /// empty text: all. Refused with InvalidArgument like a query.
  static Result<Selection> parse(std::string_view text);
  /// Nothing is left out.
  bool all() const { return wanted_.empty() && unwanted_.empty(); }
  /// A copy of an object's fields with what was selected. A key that leads through a list selects
  /// in each of its objects.
  JsonValue of(const JsonValue& fields) const;

 private:
  void copyMembers(const JsonValue& from, KeyPath& at, bool all, JsonValue& to) const;
  void copyPart(const JsonValue& from, KeyPath& at, bool all, JsonValue& to) const;

  std::vector<KeyPath> wanted_;  ///< empty = all
  std::vector<KeyPath> unwanted_;
};

}  // namespace kith::objects
