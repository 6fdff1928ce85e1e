// SPDX-License-Identifier: Apache-2.0
// What `$regex` may say: one sequence of characters, each with a repetition, no groups, no
// alternatives, no sets. It is matched by following all ways at once, so its cost is at most the
// length of the text times that of the pattern, for any of them. Plain data; any thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/objects/value.hpp"

namespace kith::objects {

/// Parts of a pattern: characters, each with its repetition.
inline constexpr std::size_t kPatternParts = 256;

/// Understands characters as they are, `\Q...\E`, `\` before a sign, `.`, `\d \w \s` and their
/// opposites (ASCII), behind each of these `*`, `+` or `?`; `^` at the beginning, `$` at the end.
/// Options: `i` (ASCII letters alike), `m` (`^` and `$` at lines), `s` (`.` is also a line's end).
class TextPattern {
 public:
  /// InvalidArgument with what is wrong and where.
  static Result<TextPattern> parse(std::string_view pattern, std::string_view options);
  /// The pattern is somewhere in `text`, which is UTF-8.
  bool matches(std::string_view text, Work& work) const;

 private:
  enum class Kind : std::uint8_t { Character, Any, Digit, Word, Space };
  struct Part {
    Kind kind{Kind::Character};
    bool negated{false};
    bool optional{false};  ///< may be left out
    bool repeated{false};  ///< may come again
    char32_t character{0};
  };
  class Parser;
  class Run;
  bool accepts(const Part& part, char32_t character) const;

  std::vector<Part> parts_;
  bool at_begin_{false};
  bool at_end_{false};
  bool any_case_{false};
  bool lines_{false};
  bool any_is_all_{false};
};

}  // namespace kith::objects
