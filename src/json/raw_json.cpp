// SPDX-License-Identifier: Apache-2.0
#include "json/raw_json.hpp"

#include <utility>
#include <vector>

#include "base/ascii.hpp"

namespace kith::json {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isHex(char c) {
  return isDigit(c) || (base::lowerCase(c) >= 'a' && base::lowerCase(c) <= 'f');
}

/// Reads a text once, from its beginning. Every step says whether it found what it looks for; then
/// `at` is behind it, else where the fault is.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  const char* problem() const { return problem_; }
  void skipBlanks() {
    while (at_ < text_.size() && isBlank(text_[at_])) ++at_;
  }

  /// One value with all that is inside of it. Iterative, so that depth costs no stack.
  bool value() {
    for (bool wanted = true; wanted;) {
      skipBlanks();
      const char c = peek();
      if (c == '{' || c == '[') {
        if (open_.size() >= kRawDepth) return fail("has more than 512 levels");
        open_.push_back(c);
        ++at_;
        skipBlanks();
        if (peek() != closing()) {
          if (c == '{' && !name()) return false;
          continue;
        }
      } else if (!scalar()) {
        return false;
      }
      if (!afterValue(wanted)) return false;
    }
    return true;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  char closing() const { return open_.back() == '{' ? '}' : ']'; }
  bool fail(const char* problem) {
    problem_ = problem;
    return false;
  }
  bool take(char c) {
    if (peek() != c || at_ >= text_.size()) return fail("is not JSON");
    ++at_;
    return true;
  }

  /// Closes what ends here; `wanted` says whether another value has to follow.
  bool afterValue(bool& wanted) {
    for (;;) {
      if (open_.empty()) {
        wanted = false;
        return true;
      }
      skipBlanks();
      if (peek() == ',') {
        ++at_;
        skipBlanks();
        return open_.back() == '[' || name();
      }
      if (!take(closing())) return false;
      open_.pop_back();
    }
  }
  bool name() {
    if (!string()) return false;
    skipBlanks();
    return take(':');
  }
  bool scalar() {
    switch (peek()) {
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }
  bool word(std::string_view literal) {
    if (text_.substr(at_, literal.size()) != literal) return fail("is not JSON");
    at_ += literal.size();
    return true;
  }
  bool digits() {
    if (!isDigit(peek())) return fail("is not JSON");
    while (isDigit(peek())) ++at_;
    return true;
  }
  bool number() {
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (base::lowerCase(peek()) == 'e') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      return digits();
    }
    return true;
  }
  bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return fail("has a control character in a text");
      ++at_;
      if (c == '"') return true;
      if (c == '\\' && !escape()) return false;
    }
    return fail("ends inside of a text");
  }
  bool escape() {
    const char c = peek();
    if (at_ >= text_.size() || std::string_view("\"\\/bfnrtu").find(c) == std::string_view::npos) {
      return fail("has an escape that JSON does not know");
    }
    ++at_;
    if (c != 'u') return true;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (!isHex(peek())) return fail("has an escape that JSON does not know");
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_{0};
  std::vector<char> open_;
  const char* problem_{"is not JSON"};
};

/// Where the text that begins at `at` ends, behind its quotation mark.
std::size_t endOfString(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

/// Where the value that `text` begins with ends.
std::size_t endOfValue(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = endOfString(text, at);
      if (depth == 0) return at;
      --at;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    } else if (depth == 0 && (c == ',' || isBlank(c))) {
      return at;
    }
  }
  return text.size();
}

void dropBlanks(std::string_view& text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
}

/// Drops what stands between two members: blanks and a comma.
void dropSeparator(std::string_view& text) {
  dropBlanks(text);
  if (!text.empty() && text.front() == ',') text.remove_prefix(1);
  dropBlanks(text);
}

std::string_view takeValue(std::string_view& text) {
  const std::size_t size = endOfValue(text);
  const std::string_view value = text.substr(0, size);
  text.remove_prefix(size);
  return value;
}

/// What is between the brackets.
std::string_view insideOf(std::string_view value, char open) {
  if (value.size() < 2 || value.front() != open) return {};
  return value.substr(1, value.size() - 2);
}

void appendUtf8(std::uint32_t code, std::string& out) {
  const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

std::uint32_t unitAt(std::string_view text, std::size_t at) {
  return base::readNumber<std::uint32_t>(text.substr(at, 4), 16).value_or(0);
}

/// The character of `\uXXXX`, whose digits begin at `at`, and of the second half behind it if there
/// is one; `at` is behind it afterwards.
void appendUnit(std::string_view text, std::size_t& at, std::string& out) {
  std::uint32_t code = unitAt(text, at);
  at += 4;
  if (code >= 0xD800 && code < 0xDC00 && text.substr(at, 2) == "\\u") {
    const std::uint32_t second = unitAt(text, at + 2);
    if (second >= 0xDC00 && second < 0xE000) {
      at += 6;
      code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
    }
  }
  if (code >= 0xD800 && code < 0xE000) {
    out += kReplacement;
  } else {
    appendUtf8(code, out);
  }
}

}  // namespace

Result<std::string_view> checkedJson(std::string_view text, std::string_view what) {
  const std::size_t skipped =
      text.substr(0, kByteOrderMark.size()) == kByteOrderMark ? kByteOrderMark.size() : 0;
  text.remove_prefix(skipped);
  Checker checker(text);
  checker.skipBlanks();
  const std::size_t begin = checker.at();
  bool good = checker.value();
  const std::size_t end = checker.at();
  if (good) {
    checker.skipBlanks();
    good = checker.at() == text.size();
  }
  if (good) return text.substr(begin, end - begin);
  return Error{Errc::ProtocolError, 0,
               std::string(what) + " " + checker.problem() + " (byte " +
                   std::to_string(skipped + checker.at()) + ")",
               false};
}

RawList::RawList(std::string_view list) : rest_(insideOf(list, '[')) { dropBlanks(rest_); }

std::optional<std::string_view> RawList::next() {
  if (rest_.empty()) return std::nullopt;
  const std::string_view item = takeValue(rest_);
  dropSeparator(rest_);
  return item;
}

RawObject::RawObject(std::string_view object) : rest_(insideOf(object, '{')) { dropBlanks(rest_); }

std::optional<RawMember> RawObject::next() {
  if (rest_.empty()) return std::nullopt;
  const std::string_view name = takeValue(rest_);
  dropBlanks(rest_);
  rest_.remove_prefix(1);  // the colon
  dropBlanks(rest_);
  const std::string_view value = takeValue(rest_);
  dropSeparator(rest_);
  return RawMember{name.substr(1, name.size() - 2), value};
}

std::optional<std::string_view> rawMember(std::string_view object, std::string_view name) {
  RawObject members(object);
  while (const auto member = members.next()) {
    if (member->name != name) continue;
    if (member->value == "null") return std::nullopt;
    return member->value;
  }
  return std::nullopt;
}

std::optional<std::string> rawText(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return std::nullopt;
  value = value.substr(1, value.size() - 2);
  std::string out;
  out.reserve(value.size());
  for (std::size_t at = 0; at < value.size();) {
    const char c = value[at++];
    if (c != '\\') {
      out += c;
      continue;
    }
    switch (const char escaped = value[at++]) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': appendUnit(value, at, out); break;
      default: out += escaped;
    }
  }
  return out;
}

std::optional<std::int64_t> rawInteger(std::string_view value) {
  return base::readNumber<std::int64_t>(value);
}

void appendOnOneLine(std::string_view value, std::string& out) {
  while (!value.empty()) {
    const char c = value.front();
    const std::size_t size = c == '"' ? endOfString(value, 0) : 1;
    if (!isBlank(c)) out += value.substr(0, size);
    value.remove_prefix(size);
  }
}

}  // namespace kith::json
