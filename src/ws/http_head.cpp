// SPDX-License-Identifier: Apache-2.0
#include "ws/http_head.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "ws/http_words.hpp"

namespace kith::ws {
namespace {

constexpr std::size_t kMethodBytes = 16;

bool isToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (base::lowerCase(c) >= 'a' && base::lowerCase(c) <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != kMarks.npos;
  });
}

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Takes the next line; false when it does not end with CRLF.
bool takeLine(std::string_view& bytes, std::string_view& line) {
  const std::size_t end = bytes.find("\r\n");
  if (end == bytes.npos) return false;
  line = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  return true;
}

/// `http://host/path` is what a proxy would be asked; a server has to understand it, too.
bool readTarget(std::string_view target, HttpHead& head) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!isSameWord(target.substr(0, scheme.size()), scheme)) continue;
    const std::size_t slash = target.find_first_of("/?", scheme.size());
    if (slash == target.npos || target[slash] == '?') return false;
    target.remove_prefix(slash);
  }
  if (target.empty() || (target.front() != '/' && target != "*")) return false;
  if (std::any_of(target.begin(), target.end(), [](char c) { return isControl(c); })) return false;
  const std::size_t mark = target.find('?');
  head.path = target.substr(0, mark);
  head.query = mark != target.npos ? target.substr(mark + 1) : std::string_view();
  return true;
}

bool readRequestLine(std::string_view line, HttpHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return false;
  head.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  head.minor = version.back() - '0';
  return isToken(head.method) && head.method.size() <= kMethodBytes &&
         target.find(' ') == target.npos && readTarget(target, head);
}

bool readHeader(std::string_view line, HttpHead& head) {
  std::string_view name, value;
  if (head.headers.size() >= kHeaderLines || !readHeaderLine(line, name, value)) return false;
  if (isSameWord(name, "host") && head.has("host")) return false;
  head.headers.emplace_back(name, value);
  return true;
}

}  // namespace

std::string HttpHead::header(std::string_view name) const {
  std::string joined;
  bool found = false;
  for (const auto& [key, value] : headers) {
    if (!isSameWord(key, name)) continue;
    if (found) joined += ", ";
    joined += value;
    found = true;
  }
  return joined;
}

bool HttpHead::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& each) { return isSameWord(each.first, name); });
}

bool HttpHead::lists(std::string_view name, std::string_view word) const {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& each) {
    return isSameWord(each.first, name) && listHasWord(each.second, word);
  });
}

std::size_t emptyLines(std::string_view bytes) {
  std::size_t size = 0;
  while (bytes.substr(size, 2) == "\r\n") size += 2;
  return size;
}

std::size_t headSize(std::string_view bytes, std::size_t known) {
  const std::size_t end = bytes.find("\r\n\r\n", known > 3 ? known - 3 : 0);
  return end == bytes.npos ? 0 : end + 4;
}

bool mayBeHead(std::string_view bytes) {
  if (bytes.empty() || bytes == "\r") return true;
  const std::string_view method = bytes.substr(0, bytes.find(' '));
  return isToken(method) && method.size() <= kMethodBytes;
}

bool readHeaderLine(std::string_view line, std::string_view& name, std::string_view& value) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return false;
  name = line.substr(0, colon);
  value = trimmed(line.substr(colon + 1));
  return isToken(name) && isFieldText(value);
}

bool isFieldText(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return isControl(c) && c != '\t'; });
}

bool readHead(std::string_view bytes, HttpHead& head) {
  head.headers.clear();
  std::string_view line;
  if (!takeLine(bytes, line) || !readRequestLine(line, head)) return false;
  while (takeLine(bytes, line) && !line.empty()) {
    if (!readHeader(line, head)) return false;
  }
  return line.empty() && (head.minor == 0 || head.has("host"));
}

}  // namespace kith::ws
