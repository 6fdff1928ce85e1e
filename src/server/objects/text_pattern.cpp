// SPDX-License-Identifier: Apache-2.0
#include "server/objects/text_pattern.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"

namespace kith::objects {
namespace {

constexpr char32_t kNone = 0xFFFFFFFF;

/// Takes the first character off; `text` is UTF-8 and not empty.
char32_t takeCharacter(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  char32_t character = more == 0 ? lead : lead & (0x3Fu >> more);
  for (std::size_t i = 1; i <= more && i < text.size(); ++i) {
    character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  text.remove_prefix(std::min(more + 1, text.size()));
  return character;
}

char32_t lowerCase(char32_t c) { return c >= U'A' && c <= U'Z' ? c - U'A' + U'a' : c; }
bool isDigit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool isWord(char32_t c) {
  return isDigit(c) || (lowerCase(c) >= U'a' && lowerCase(c) <= U'z') || c == U'_';
}
bool isSpace(char32_t c) { return c == U' ' || (c >= U'\t' && c <= U'\r'); }
bool isLetter(char32_t c) { return isWord(c) && c != U'_'; }

}  // namespace

/// Reads a pattern from its beginning to its end.
class TextPattern::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), left_(text) {}

  Result<TextPattern> run(std::string_view options) {
    if (!base::isUtf8(text_)) return refuse("is not UTF-8");
    readOptions(options);
    if (problem_.empty() && take("^")) made_.at_begin_ = true;
    while (problem_.empty() && !left_.empty()) readNext();
    if (!problem_.empty()) return refuse(problem_);
    return std::move(made_);
  }

 private:
  void readOptions(std::string_view options) {
    for (const char option : options) {
      switch (option) {
        case 'i': made_.any_case_ = true; break;
        case 'm': made_.lines_ = true; break;
        case 's': made_.any_is_all_ = true; break;
        default: problem_ = "$options: may have i, m and s only"; return;
      }
    }
  }
  void readNext() {
    begun_ = text_.size() - left_.size();
    if (quoted_) {
      if (take("\\E")) {
        quoted_ = false;
      } else {
        addCharacter(takeCharacter(left_));
      }
    } else if (take("\\Q")) {
      quoted_ = true;
    } else if (left_ == "$") {
      left_ = {};
      made_.at_end_ = true;
    } else {
      readSign();
    }
  }
  void readSign() {
    const char32_t sign = takeCharacter(left_);
    switch (sign) {
      case U'\\': return readEscape();
      case U'.': return add(Kind::Any, false);
      case U'*': return repeat(true, true);
      case U'+': return repeat(false, true);
      case U'?': return repeat(true, false);
      case U'(':
      case U')':
      case U'[':
      case U']':
      case U'{':
      case U'}':
      case U'|':
        problem_ =
            "groups, sets and alternatives are not understood; quote what is meant as it "
            "stands with \\Q and \\E, and combine conditions with $or";
        return;
      case U'^': problem_ = "^ stands at the beginning only; \\^ is the sign"; return;
      case U'$': problem_ = "$ stands at the end only; \\$ is the sign"; return;
      default: addCharacter(sign);
    }
  }
  void readEscape() {
    const char32_t sign = left_.empty() ? kNone : takeCharacter(left_);
    switch (sign) {
      case U'd': return add(Kind::Digit, false);
      case U'D': return add(Kind::Digit, true);
      case U'w': return add(Kind::Word, false);
      case U'W': return add(Kind::Word, true);
      case U's': return add(Kind::Space, false);
      case U'S': return add(Kind::Space, true);
      case U't': return addCharacter(U'\t');
      case U'n': return addCharacter(U'\n');
      case U'r': return addCharacter(U'\r');
      case U'E': return;  // of a quotation that has ended, as some clients write it
      default: break;
    }
    if (sign == kNone || isLetter(sign)) {
      problem_ = "after \\ comes a sign, or one of d D w W s S t n r Q E";
      return;
    }
    addCharacter(sign);
  }
  void addCharacter(char32_t character) {
    add(Kind::Character, false);
    if (problem_.empty()) made_.parts_.back().character = character;
  }
  void add(Kind kind, bool negated) {
    if (made_.parts_.size() >= kPatternParts) {
      problem_ = "has more than " + std::to_string(kPatternParts) + " characters";
      return;
    }
    Part& part = made_.parts_.emplace_back();
    part.kind = kind;
    part.negated = negated;
    may_repeat_ = true;
  }
  void repeat(bool optional, bool repeated) {
    if (!std::exchange(may_repeat_, false)) {
      problem_ = "*, + and ? stand behind one character each; \\ in front makes a sign of them";
      return;
    }
    made_.parts_.back().optional = optional;
    made_.parts_.back().repeated = repeated;
  }
  bool take(std::string_view what) {
    if (left_.substr(0, what.size()) != what) return false;
    left_.remove_prefix(what.size());
    return true;
  }
  Error refuse(const std::string& why) const {
    return {Errc::InvalidArgument, 0,
            "$regex: " + why + " (byte " + std::to_string(begun_) + " of the pattern)", false};
  }

  std::string_view text_;
  std::string_view left_;
  std::size_t begun_{0};
  bool quoted_{false};
  bool may_repeat_{false};
  std::string problem_;
  TextPattern made_;
};

Result<TextPattern> TextPattern::parse(std::string_view pattern, std::string_view options) {
  return Parser(pattern).run(options);
}

bool TextPattern::accepts(const Part& part, char32_t c) const {
  switch (part.kind) {
    case Kind::Any: return any_is_all_ || c != U'\n';
    case Kind::Digit: return isDigit(c) != part.negated;
    case Kind::Word: return isWord(c) != part.negated;
    case Kind::Space: return isSpace(c) != part.negated;
    case Kind::Character: break;
  }
  return c == part.character || (any_case_ && lowerCase(c) == lowerCase(part.character));
}

/// All ways at once: a mark at n says that the first n parts have been met.
class TextPattern::Run {
 public:
  explicit Run(const TextPattern& pattern)
      : pattern_(pattern), now_(pattern.parts_.size() + 1), next_(now_.size()) {}

  bool overAll(std::string_view text, Work& work) {
    char32_t before = kNone;
    while (true) {
      const bool begins = before == kNone || (pattern_.lines_ && before == U'\n');
      if (begins || !pattern_.at_begin_) mark(now_, 0);
      const char32_t here = text.empty() ? kNone : takeCharacter(text);
      const bool ends = here == kNone || (pattern_.lines_ && here == U'\n');
      if (now_.back() != 0 && (ends || !pattern_.at_end_)) return true;
      if (here == kNone) return false;
      work.done += step(here);
      before = here;
    }
  }

 private:
  /// A part that may be left out hands its mark on.
  void mark(std::vector<char>& marks, std::size_t at) const {
    while (marks[at] == 0) {
      marks[at] = 1;
      if (at == pattern_.parts_.size() || !pattern_.parts_[at].optional) return;
      ++at;
    }
  }
  std::size_t step(char32_t character) {
    std::fill(next_.begin(), next_.end(), 0);
    for (std::size_t at = 0; at < pattern_.parts_.size(); ++at) {
      const Part& part = pattern_.parts_[at];
      if (now_[at] == 0 || !pattern_.accepts(part, character)) continue;
      mark(next_, at + 1);
      if (part.repeated) again(at);
    }
    now_.swap(next_);
    return 1 + pattern_.parts_.size() / 8;
  }
  /// The part was met and may be met once more; then it need not be.
  void again(std::size_t at) { next_[at] = 1; }

  const TextPattern& pattern_;
  std::vector<char> now_;
  std::vector<char> next_;
};

bool TextPattern::matches(std::string_view text, Work& work) const {
  return Run(*this).overAll(text, work);
}

}  // namespace kith::objects
