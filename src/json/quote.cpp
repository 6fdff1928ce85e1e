// SPDX-License-Identifier: Apache-2.0
#include "json/quote.hpp"

#include <cstring>

namespace kith::json {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

char* put(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* escape(char* at, char c) {
  switch (c) {
    case '"': return put(at, "\\\"");
    case '\\': return put(at, "\\\\");
    case '\n': return put(at, "\\n");
    case '\r': return put(at, "\\r");
    case '\t': return put(at, "\\t");
    case '\b': return put(at, "\\b");
    case '\f': return put(at, "\\f");
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  at = put(at, "\\u00");
  *at++ = kDigits[byte >> 4];
  *at++ = kDigits[byte & 15u];
  return at;
}

}  // namespace

char* quote(char* at, std::string_view text) {
  *at++ = '"';
  const char* from = text.data();
  const char* const end = from + text.size();
  while (end - from >= Block::kBytes) {
    const Block block(from);
    block.store(at);  // with what is overwritten when it has to be escaped
    const int plain = block.plainBytes();
    at += plain;
    from += plain;
    if (plain != Block::kBytes) at = escape(at, *from++);
  }
  for (; from != end; ++from) {
    if (mustEscape(*from)) {
      at = escape(at, *from);
    } else {
      *at++ = *from;
    }
  }
  *at++ = '"';
  return at;
}

void quoteJson(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  bool ascii = true;
  if (endOfPlain(text.data(), text.data() + text.size(), ascii) == text.data() + text.size()) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  out.resize(before + mostQuoted(text.size()));
  out.resize(static_cast<std::size_t>(quote(out.data() + before, text) - out.data()));
}

}  // namespace kith::json
