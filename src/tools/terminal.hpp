// SPDX-License-Identifier: Apache-2.0
// The screen of `kith chat`: a line that is being typed, and lines that appear above it without
// tearing it. Without a terminal it reads and prints whole lines. Used on the MainLoop's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <termios.h>
#include <vector>

#include "tools/line_reader.hpp"

namespace kith::tools {

/// Text of others made harmless: control characters would move the cursor or worse. A line end
/// becomes a new, indented line.
std::string screenText(const std::string& text);

class Terminal {
 public:
  Terminal();
  /// Puts the terminal back as it was.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// True when a person sits there: lines are edited and what is printed may be rewritten.
  bool interactive() const { return interactive_; }
  void setPrompt(std::string prompt);
  /// Prints a line above the one being typed.
  void print(const std::string& line);
  /// Prints over the line printed last; false when there is none that can be reached.
  bool reprint(const std::string& line);

  /// Reads what was typed: `on_line` for each finished line, `on_end` for Ctrl-C, Ctrl-D and the
  /// end of input. Call it when standard input is readable.
  void read(const std::function<void(const std::string&)>& on_line,
            const std::function<void()>& on_end);
  /// Takes the typed line off the screen, for good.
  void finish();

 private:
  /// One key; false when it ends the input.
  bool key(char c, const std::function<void(const std::string&)>& on_line);
  void escape(char c);
  void enter(const std::function<void(const std::string&)>& on_line);
  void erase(std::size_t from, std::size_t to);
  void recall(int step);
  std::size_t before(std::size_t position) const;
  std::size_t after(std::size_t position) const;
  void draw();

  bool interactive_{false};
  bool finished_{false};
  termios saved_{};
  LineReader lines_;
  std::string prompt_;
  std::string typed_;
  std::size_t cursor_{0};
  /// What came since ESC, while a sequence is incomplete.
  std::optional<std::string> sequence_;
  std::vector<std::string> recent_;
  std::size_t recalled_{0};
  /// Rows of the line printed last; 0 = it cannot be rewritten.
  std::size_t last_rows_{0};
};

}  // namespace kith::tools
