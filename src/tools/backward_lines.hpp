// SPDX-License-Identifier: Apache-2.0
// The lines of a file from its end to its beginning, in little memory. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/rescue_folder.hpp"

namespace kith::tools {

class BackwardLines {
 public:
  /// Of a longer line the beginning is handed out, which is longer than this, too.
  static constexpr std::size_t kLineBytes = 1000u * 1000;

  /// The first `size` bytes of the file. What is behind the last line end is a line, too.
  BackwardLines(OpenFile file, std::int64_t size) : file_(std::move(file)), from_(size) {}

  /// The line before the one that came last, without its end, good until the next call.
  std::optional<std::string_view> next();
  /// Bytes that were not handed out yet.
  std::int64_t left() const { return from_ + static_cast<std::int64_t>(end_); }
  /// errno of a read that failed; 0 = none did.
  int error() const { return error_; }

 private:
  /// False: there is nothing before what is here.
  bool readBefore();

  OpenFile file_;
  std::int64_t from_;   // of the file, where `buffer_` begins
  std::string buffer_;  // to its first `end_` bytes are not handed out
  std::size_t end_{0};
  std::string line_;  // the one that was handed out
  bool begun_{false};
  int error_{0};
};

}  // namespace kith::tools
