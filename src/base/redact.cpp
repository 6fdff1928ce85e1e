// SPDX-License-Identifier: Apache-2.0
#include "base/redact.hpp"

#include <algorithm>

#include "base/utf8.hpp"

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

/// Bytes at `at` that may not stand in a line as they are; 0 = they may. These are a byte that is
/// not UTF-8 and control characters: beyond ASCII U+0080 to U+009F, and U+2028 and U+2029, which
/// some viewers take for line ends.
std::size_t unfitAt(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return first < 0x20 || first == 0x7F ? 1 : 0;
  const std::size_t size = utf8SizeAt(text, at);
  if (size == 0) return 1;
  const std::string_view character = text.substr(at, size);
  const bool is_control = (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0) ||
                          character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9";
  return is_control ? size : 0;
}

/// Behind the character at `at`, which is fit.
std::size_t after(std::string_view text, std::size_t at) {
  return at + std::max<std::size_t>(1, utf8SizeAt(text, at));
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
  std::string escaped = escapeLine(words);
  return escaped.empty() ? std::string(words) : escaped;
}

std::string escapeLine(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && unfitAt(text, at) == 0) at = after(text, at);
  if (at == text.size()) return {};
  std::string line(text.substr(0, at));
  while (at < text.size()) {
    const std::size_t unfit = unfitAt(text, at);
    const std::size_t end = unfit > 0 ? at + unfit : after(text, at);
    for (; at < end; ++at) {
      if (unfit > 0) {
        appendEscaped(line, text[at]);
      } else {
        line += text[at];
      }
    }
  }
  return line;
}

}  // namespace kith::base
