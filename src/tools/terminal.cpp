// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal.hpp"

#include <algorithm>
#include <cstdint>
#include <cwchar>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kith::tools {
namespace {

constexpr char kCtrlA = 1, kCtrlC = 3, kCtrlD = 4, kCtrlE = 5, kCtrlK = 11, kCtrlU = 21,
               kCtrlW = 23;
constexpr char kEscape = 27, kDelete = 127, kBackspace = 8;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// The code point at `position`, which moves behind it.
std::uint32_t nextCodePoint(const std::string& text, std::size_t& position) {
  const auto first = static_cast<unsigned char>(text[position++]);
  std::uint32_t code = first < 0x80   ? first
                       : first < 0xe0 ? first & 0x1fu
                       : first < 0xf0 ? first & 0xfu
                                      : first & 7u;
  while (position < text.size() && continues(text[position])) {
    code = (code << 6) | (static_cast<unsigned char>(text[position++]) & 0x3fu);
  }
  return code;
}

/// Columns that `text` takes on the screen; colour sequences take none.
std::size_t columns(const std::string& text) {
  std::size_t width = 0;
  for (std::size_t position = 0; position < text.size();) {
    if (text[position] == kEscape) {
      while (position < text.size() && text[position] != 'm') ++position;
      ++position;
      continue;
    }
    // Outside a UTF-8 locale wcwidth() knows nothing; most characters take one column.
    const int width_here = wcwidth(static_cast<wchar_t>(nextCodePoint(text, position)));
    width += width_here < 0 ? 1 : static_cast<std::size_t>(width_here);
  }
  return width;
}

std::size_t screenWidth() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void put(const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t size = write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (size <= 0) return;
    done += static_cast<std::size_t>(size);
  }
}

}  // namespace

std::string screenText(const std::string& text) {
  std::string safe;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t start = position;
    const std::uint32_t code = nextCodePoint(text, position);
    if (code == '\n') {
      safe += "\n    ";
    } else if (code == '\t') {
      safe += ' ';
    } else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      safe += "\xef\xbf\xbd";
    } else {
      safe.append(text, start, position - start);
    }
  }
  return safe;
}

Terminal::Terminal() : lines_(STDIN_FILENO) {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) return;
  if (tcgetattr(STDIN_FILENO, &saved_) != 0) return;
  termios raw = saved_;
  raw.c_iflag &= ~static_cast<tcflag_t>(ICRNL | IXON);
  raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG | IEXTEN);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  interactive_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

Terminal::~Terminal() {
  finish();
  if (interactive_) tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_);
}

void Terminal::finish() {
  if (interactive_ && !finished_) put("\r\x1b[K");
  finished_ = true;
}

void Terminal::setPrompt(std::string prompt) {
  prompt_ = std::move(prompt);
  draw();
}

void Terminal::print(const std::string& line) {
  if (!interactive_ || finished_) {
    put(line + '\n');
    return;
  }
  put("\r\x1b[K" + line + '\n');
  const bool one_piece = line.find('\n') == std::string::npos;
  last_rows_ = one_piece ? columns(line) / screenWidth() + 1 : 0;
  draw();
}

bool Terminal::reprint(const std::string& line) {
  if (!interactive_ || finished_ || last_rows_ == 0) return false;
  put("\r\x1b[" + std::to_string(last_rows_) + "A\x1b[J");
  print(line);
  return true;
}

void Terminal::draw() {
  if (!interactive_ || finished_) return;
  const std::size_t room = screenWidth() - std::min(screenWidth() - 2, columns(prompt_) + 1);
  // A line longer than the screen scrolls sideways, so that it always takes one row.
  std::size_t from = 0;
  while (columns(typed_.substr(from, cursor_ - from)) >= room) from = after(from);
  std::string shown;
  for (std::size_t at = from; at < typed_.size(); at = after(at)) {
    if (columns(typed_.substr(from, after(at) - from)) > room) break;
    shown = typed_.substr(from, after(at) - from);
  }
  std::string out = "\r" + prompt_ + shown + "\x1b[K\r";
  const std::size_t column = columns(prompt_) + columns(typed_.substr(from, cursor_ - from));
  if (column > 0) out += "\x1b[" + std::to_string(column) + 'C';
  put(out);
}

std::size_t Terminal::before(std::size_t position) const {
  if (position > 0) --position;
  while (position > 0 && continues(typed_[position])) --position;
  return position;
}

std::size_t Terminal::after(std::size_t position) const {
  if (position < typed_.size()) ++position;
  while (position < typed_.size() && continues(typed_[position])) ++position;
  return position;
}

void Terminal::erase(std::size_t from, std::size_t to) {
  typed_.erase(from, to - from);
  cursor_ = from;
}

void Terminal::recall(int step) {
  if (step < 0 && recalled_ > 0) --recalled_;
  if (step > 0 && recalled_ < recent_.size()) ++recalled_;
  typed_ = recalled_ < recent_.size() ? recent_[recalled_] : std::string();
  cursor_ = typed_.size();
}

void Terminal::enter(const std::function<void(const std::string&)>& on_line) {
  const std::string line = std::exchange(typed_, {});
  cursor_ = 0;
  if (!line.empty()) recent_.push_back(line);
  recalled_ = recent_.size();
  draw();
  on_line(line);
}

void Terminal::escape(char c) {
  *sequence_ += c;
  if (*sequence_ == "[" || *sequence_ == "O" || (c >= '0' && c <= '9') || c == ';') return;
  const std::string keys = *std::exchange(sequence_, std::nullopt);
  if (keys == "[A" || keys == "OA") recall(-1);
  if (keys == "[B" || keys == "OB") recall(1);
  if (keys == "[C" || keys == "OC") cursor_ = after(cursor_);
  if (keys == "[D" || keys == "OD") cursor_ = before(cursor_);
  if (keys == "[H" || keys == "OH" || keys == "[1~") cursor_ = 0;
  if (keys == "[F" || keys == "OF" || keys == "[4~") cursor_ = typed_.size();
  if (keys == "[3~") erase(cursor_, after(cursor_));
}

bool Terminal::key(char c, const std::function<void(const std::string&)>& on_line) {
  if (sequence_) {
    escape(c);
    return true;
  }
  switch (c) {
    case kCtrlC: return false;
    case kCtrlD:
      if (typed_.empty()) return false;
      erase(cursor_, after(cursor_));
      return true;
    case '\r':
    case '\n': enter(on_line); return true;
    case kEscape: sequence_.emplace(); return true;
    case kDelete:
    case kBackspace: erase(before(cursor_), cursor_); return true;
    case kCtrlA: cursor_ = 0; return true;
    case kCtrlE: cursor_ = typed_.size(); return true;
    case kCtrlK: erase(cursor_, typed_.size()); return true;
    case kCtrlU: erase(0, cursor_); return true;
    case kCtrlW: {
      std::size_t from = cursor_;
      while (from > 0 && typed_[from - 1] == ' ') --from;
      while (from > 0 && typed_[from - 1] != ' ') --from;
      erase(from, cursor_);
      return true;
    }
    default:
      if (static_cast<unsigned char>(c) >= 0x20) typed_.insert(cursor_++, 1, c);
      return true;
  }
}

void Terminal::read(const std::function<void(const std::string&)>& on_line,
                    const std::function<void()>& on_end) {
  if (!interactive_) {
    lines_.fill();
    while (const auto line = lines_.next()) on_line(*line);
    if (lines_.ended()) on_end();
    return;
  }
  char keys[256];
  const ssize_t size = ::read(STDIN_FILENO, keys, sizeof keys);
  for (ssize_t i = 0; i < size; ++i) {
    if (!key(keys[i], on_line)) return on_end();
  }
  draw();
  if (size <= 0) on_end();
}

}  // namespace kith::tools
