// SPDX-License-Identifier: Apache-2.0
// The body of a command of the vendor's REST API: an object whose members are looked at one by one;
// what is wrong first is kept. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/json_value.hpp"

namespace kith::rest {

class RtmBody {
 public:
  explicit RtmBody(std::string_view text);

  /// What is wrong, for an answer; empty = nothing so far.
  const std::string& wrong() const { return wrong_; }

  // A member that is missing, or null, is wrong where `required`. Texts point into this object.
  std::string_view text(std::string_view name, bool required = true);
  bool flag(std::string_view name);
  std::int64_t number(std::string_view name);
  /// A list of at most `most` texts.
  std::vector<std::string_view> texts(std::string_view name, std::size_t most,
                                      bool required = true);
  /// A member as JSON; empty: there is none.
  std::string json(std::string_view name) const;
  /// The object as JSON without these members.
  std::string without(std::initializer_list<std::string_view> names) const;

 private:
  const json::JsonValue* find(std::string_view name, json::JsonValue::Kind kind, const char* what,
                              bool required);

  json::JsonValue value_;
  std::string wrong_;
};

}  // namespace kith::rest
