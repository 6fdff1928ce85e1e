// SPDX-License-Identifier: Apache-2.0
// Whole lines out of a file descriptor that is read in pieces. A value on one thread.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>

namespace kith::tools {

class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  /// Reads once, what there is. Call it when the descriptor is readable: else it waits.
  void fill() {
    char piece[16384];
    const ssize_t size = read(fd_, piece, sizeof piece);
    if (size > 0) buffer_.append(piece, static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN)) ended_ = true;
  }

  /// The next whole line without its end; at the end of input also the unfinished last one. A byte
  /// order mark before the first one is nothing.
  std::optional<std::string> next() {
    std::optional<std::string> line = take();
    if (line && std::exchange(first_, false) && line->compare(0, 3, "\xef\xbb\xbf") == 0) {
      line->erase(0, 3);
    }
    return line;
  }

  /// The input is over and every line was taken.
  bool done() const { return ended_ && from_ >= buffer_.size(); }
  bool ended() const { return ended_; }

 private:
  std::optional<std::string> take() {
    const std::size_t end = buffer_.find('\n', from_);
    if (end == std::string::npos) {
      buffer_.erase(0, from_);
      from_ = 0;
      if (!ended_ || buffer_.empty()) return std::nullopt;
      return std::exchange(buffer_, {});
    }
    std::string line = buffer_.substr(from_, end - from_);
    from_ = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
  }

  int fd_;
  std::string buffer_;
  std::size_t from_{0};
  bool ended_{false};
  bool first_{true};
};

}  // namespace kith::tools
