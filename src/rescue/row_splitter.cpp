// SPDX-License-Identifier: Apache-2.0
#include "rescue/row_splitter.hpp"

#include <algorithm>
#include <utility>

namespace kith::rescue {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool isBlank(char byte) { return kBlanks.find(byte) != std::string_view::npos; }

/// How the beginning of `{"results":[` and what a file has so far get on.
enum class Match { No, NotYet, Yes };

Match matchResults(std::string_view text) {
  for (const std::string_view part : {"{", "\"results\"", ":", "["}) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.size() < part.size()) {
      return part.substr(0, text.size()) == text ? Match::NotYet : Match::No;
    }
    if (text.substr(0, part.size()) != part) return Match::No;
    text.remove_prefix(part.size());
  }
  return Match::Yes;
}

}  // namespace

std::string classIn(std::string_view first_line) {
  constexpr std::string_view kBegin = "#filetype:";
  constexpr std::string_view kName = "\"class\":\"";
  const std::size_t name = first_line.find(kName);
  if (first_line.substr(0, kBegin.size()) != kBegin || name == std::string_view::npos) return {};
  const std::string_view rest = first_line.substr(name + kName.size());
  const std::size_t end = rest.find('"');
  return end == std::string_view::npos ? std::string() : std::string(rest.substr(0, end));
}

void RowSplitter::endRow() {
  while (!row_.empty() && isBlank(row_.back())) row_.pop_back();
  const std::size_t first = std::min(row_.find_first_not_of(kBlanks), row_.size());
  const std::string_view row = std::string_view(row_).substr(first);
  if (class_name_.empty() && form_ == Form::Lines) class_name_ = classIn(row);
  if (!row.empty() && row.front() != '#') on_row_(begin_, row);
  row_.clear();
}

void RowSplitter::look(char byte) {
  row_ += byte;
  if (row_ == kByteOrderMark) row_.clear();
  if (row_.size() < kByteOrderMark.size() && kByteOrderMark.substr(0, row_.size()) == row_) return;
  const std::size_t first = row_.find_first_not_of(kBlanks);
  if (first == std::string::npos) {
    row_.clear();
    return;
  }
  const Match results = matchResults(row_);
  if (row_[first] == '[' || results == Match::Yes) {
    form_ = Form::List;
    row_.clear();
    return;
  }
  if (row_[first] == '{' && results == Match::NotYet) return;
  // It is lines: what was kept back has its turn.
  form_ = Form::Lines;
  line_ -= std::count(row_.begin(), row_.end(), '\n');
  const std::string kept = std::exchange(row_, {});
  begin_ = line_;
  for (const char each : kept) {
    takeInLine(each);
    if (each == '\n') ++line_;
  }
}

void RowSplitter::takeInLine(char byte) {
  if (byte == '\n') {
    endRow();
  } else {
    if (row_.empty()) begin_ = line_;
    add(byte);
  }
}

void RowSplitter::takeInList(char byte) {
  if (ended_) return;
  if (in_text_) {
    if (!escaped_ && byte == '"') in_text_ = false;
    escaped_ = !escaped_ && byte == '\\';
    return add(byte);
  }
  if (depth_ == 0 && (byte == ',' || byte == ']')) {
    endRow();
    ended_ = byte == ']';
    return;
  }
  if (byte == '"') in_text_ = true;
  if (byte == '{' || byte == '[') ++depth_;
  if (byte == '}' || byte == ']') --depth_;
  if (row_.empty() && isBlank(byte)) return;
  if (row_.empty()) begin_ = line_;
  add(byte == '\n' || byte == '\r' ? ' ' : byte);
}

void RowSplitter::feed(std::string_view bytes) {
  for (const char byte : bytes) {
    switch (form_) {
      case Form::Unknown: look(byte); break;
      case Form::Lines: takeInLine(byte); break;
      case Form::List: takeInList(byte); break;
    }
    if (byte == '\n') ++line_;
  }
}

bool RowSplitter::close() {
  if (form_ == Form::Unknown && !row_.empty()) form_ = Form::Lines;
  if (form_ == Form::Lines) endRow();
  return form_ != Form::List || ended_;
}

}  // namespace kith::rescue
