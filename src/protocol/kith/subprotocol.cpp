// SPDX-License-Identifier: Apache-2.0
#include "protocol/kith/subprotocol.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace kith::subprotocol {
namespace {

constexpr std::array<std::string_view, 6> kCurrent{"conv",  "error", "logs",
                                                   "patch", "read",  "unread"};

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
    const std::size_t at = left_.find_first_not_of(" \t\r\n");
    left_.remove_prefix(std::min(at, left_.size()));
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
    std::size_t at = 0;
    while (at < left_.size() && left_[at] != '"') at += left_[at] == '\\' ? 2 : 1;
    if (at >= left_.size()) return false;
    text = left_.substr(0, at);
    left_.remove_prefix(at + 1);
    return true;
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
  return std::find(kCurrent.begin(), kCurrent.end(), command) != kCurrent.end();
}

}  // namespace kith::subprotocol
