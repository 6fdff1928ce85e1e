// SPDX-License-Identifier: Apache-2.0
#include "protocol/kith/subprotocol.hpp"

#include <cstddef>

namespace kith::subprotocol {
namespace {

/// Walks over the members of one object as far as the one that is looked for. It checks nothing but
/// what it needs to find its way: the reader of the frame does.
class Walk {
 public:
  explicit Walk(std::string_view frame) : left_(frame) {}

  /// The text of the member `name`, which has no escapes in any frame that can be read; empty when
  /// there is none.
  std::string_view textOf(std::string_view name) {
    skipBlanks();
    if (!take('{')) return {};
    std::string_view key;
    while (readText(key)) {
      skipBlanks();
      if (!take(':')) return {};
      skipBlanks();
      if (key == name) {
        std::string_view value;
        return readText(value) ? value : std::string_view();
      }
      skipValue();
      if (!take(',')) return {};
    }
    return {};
  }

 private:
  void skipBlanks() {
    while (!left_.empty() && (left_.front() == ' ' || left_.front() == '\t' ||
                              left_.front() == '\r' || left_.front() == '\n')) {
      left_.remove_prefix(1);
    }
  }
  bool take(char c) {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  /// With its escapes as they are.
  bool readText(std::string_view& text) {
    skipBlanks();
    if (!take('"')) return false;
    std::size_t end = left_.find('"');
    while (end != std::string_view::npos && isEscaped(end)) end = left_.find('"', end + 1);
    if (end == std::string_view::npos) return false;
    text = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    return true;
  }
  bool isEscaped(std::size_t at) const {
    std::size_t first = at;
    while (first > 0 && left_[first - 1] == '\\') --first;
    return ((at - first) & 1u) != 0;
  }
  /// Up to the comma behind it, or to the end of what it stands in.
  void skipValue() {
    std::size_t depth = 0;
    std::string_view ignored;
    while (!left_.empty()) {
      const char c = left_.front();
      if (c == '"') {
        if (!readText(ignored)) return;
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) return;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      left_.remove_prefix(1);
    }
  }

  std::string_view left_;
};

}  // namespace

bool isCurrent(std::string_view frame) {
  const std::string_view command = Walk(frame).textOf("cmd");
  switch (command.size()) {
    case 4: return command == "conv" || command == "logs" || command == "read";
    case 5: return command == "patch" || command == "error";
    case 6: return command == "unread";
    case 9: return command == "blacklist";
    default: return false;
  }
}

}  // namespace kith::subprotocol
