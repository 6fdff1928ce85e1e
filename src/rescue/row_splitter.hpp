// SPDX-License-Identifier: Apache-2.0
// The objects in a file of a class, whichever form it has: one a line, a list, or a list that is
// called `results` (leancloud-current §9). Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kith::rescue {

class RowSplitter {
 public:
  /// A row has so many bytes at most; of a longer one the first are handed out.
  static constexpr std::size_t kRowBytes = 1000u * 1000;

  /// Told each row: the line that it begins on, counted from 1, and its text without line ends. It
  /// need not be JSON. Lines that are empty, and those that begin with `#`, are no rows.
  using OnRow = std::function<void(std::int64_t line, std::string_view text)>;

  explicit RowSplitter(OnRow on_row) : on_row_(std::move(on_row)) {}

  void feed(std::string_view bytes);
  /// There is no more. False: it ended inside of a list.
  bool close();
  /// What a first line like `#filetype:JSON-streaming {"type":"Class","class":"X"}` calls the
  /// class; empty = there was none.
  const std::string& className() const { return class_name_; }

 private:
  enum class Form : std::uint8_t { Unknown, Lines, List };

  /// What it says of the form is in the row so far.
  void look(char byte);
  void takeInLine(char byte);
  void takeInList(char byte);
  void add(char byte) {
    if (row_.size() < kRowBytes) row_ += byte;
  }
  void endRow();

  OnRow on_row_;
  Form form_{Form::Unknown};
  std::string row_;
  std::int64_t line_{1};
  std::int64_t begin_{1};  // the line of the row
  int depth_{0};           // below the list
  bool in_text_{false};
  bool escaped_{false};
  bool ended_{false};  // the list
  std::string class_name_;
};

/// The class in a first line; empty = it is none.
std::string classIn(std::string_view first_line);

}  // namespace kith::rescue
