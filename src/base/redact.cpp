// SPDX-License-Identifier: Apache-2.0
#include "base/redact.hpp"

#include <algorithm>

namespace kith::base {
namespace {

constexpr std::size_t kWordsBytes = 120;
constexpr std::string_view kHidden = "(hidden)";

bool has(std::string_view text, char c) { return text.find(c) != std::string_view::npos; }

/// Whether a colon in it can be nothing but the one before a port, or an IPv6 address.
bool isHostAndPort(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.front() == '[') return true;
  const std::string_view port = authority.substr(colon + 1);
  return std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isControl(unsigned char byte) { return byte < 0x20 || byte == 0x7F; }

/// Bytes of the control character at `at`; 0 = there is none. Beyond ASCII these are U+0080 to
/// U+009F, and U+2028 and U+2029, which some viewers take for line ends.
std::size_t controlAt(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  if (isControl(static_cast<unsigned char>(text[at]))) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return 3;
  return 0;
}

void appendEscaped(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '\\';
  if (c == '\n') {
    out += 'n';
  } else if (c == '\r') {
    out += 'r';
  } else if (c == '\t') {
    out += 't';
  } else {
    const auto byte = static_cast<unsigned char>(c);
    out += 'x';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

}  // namespace

std::string redactUrl(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  const std::size_t start = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", start), url.size());
  const std::size_t path_end = std::min(url.find_first_of("?#"), url.size());
  std::string clean(url.substr(0, std::min(start, path_end)));
  if (start > path_end) return clean;
  const std::string_view authority = url.substr(start, end - start);
  std::string_view path = url.substr(end, std::max(path_end, end) - end);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    if (has(path, '@')) return clean.append(kHidden);
    return clean.append(authority.substr(at + 1)).append(path);
  }
  // `tom:se/cret@host` has no '@' where one is looked for.
  if (has(url.substr(end), '@') && !isHostAndPort(authority)) return clean.append(kHidden);
  if (has(path, '@') && has(authority, ':')) path = {};
  return clean.append(authority).append(path);
}

std::string cleanWords(std::string_view words) {
  if (words.size() > kWordsBytes) {
    std::size_t end = kWordsBytes;
    while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0u) == 0x80u) --end;
    words = words.substr(0, end);
  }
  std::string clean;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t bytes = controlAt(words, at);
    clean += bytes > 0 ? '?' : words[at];
    at += std::max<std::size_t>(bytes, 1);
  }
  return clean;
}

std::string escapeLine(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && controlAt(text, at) == 0) ++at;
  if (at == text.size()) return {};
  std::string line(text.substr(0, at));
  while (at < text.size()) {
    const std::size_t bytes = controlAt(text, at);
    for (std::size_t i = 0; i < bytes; ++i) appendEscaped(line, text[at + i]);
    if (bytes == 0) line += text[at];
    at += std::max<std::size_t>(bytes, 1);
  }
  return line;
}

}  // namespace kith::base
