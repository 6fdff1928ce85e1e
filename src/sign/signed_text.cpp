// SPDX-License-Identifier: Apache-2.0
// The strings that are signed (avos-v1 §10).
#include <algorithm>
#include <utility>

#include "sign/signer.hpp"

namespace kith::sign {
namespace {

/// UTF-16 order of UTF-8 bytes: only U+E000-U+FFFF (lead bytes EE, EF) and what lies above U+FFFF
/// (F0-F4, surrogates in UTF-16) change places, and two ids first differ in a lead byte there.
unsigned rankUtf16(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0xEE || byte == 0xEF ? byte + 0x10u : byte;
}

bool lessUtf16(std::string_view a, std::string_view b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (in_a == a.end() || in_b == b.end()) return in_a == a.end() && in_b != b.end();
  return rankUtf16(*in_a) < rankUtf16(*in_b);
}

void appendSorted(std::string& text, std::span<const std::string_view> ids, IdOrder order) {
  std::vector<std::string_view> sorted(ids.begin(), ids.end());
  if (order == IdOrder::Utf16) {
    std::sort(sorted.begin(), sorted.end(), lessUtf16);
  } else {
    std::sort(sorted.begin(), sorted.end());
  }
  bool first = true;
  for (const std::string_view id : sorted) {
    if (!std::exchange(first, false)) text += ':';
    text.append(id);
  }
}

void appendPart(std::string& text, std::string_view part) { text.append(":").append(part); }

// Above this a time is milliseconds.
constexpr std::int64_t kLargestSeconds = 100'000'000'000;
// Nothing sane is later (year 5138 in ms); keeps the arithmetic with it from overflowing.
constexpr std::int64_t kLargestMillis = kLargestSeconds * 1000;

}  // namespace

std::optional<base::Millis> timeOfSignature(std::int64_t t) {
  if (t < 0 || t > kLargestMillis) return {};
  return base::Millis(t > kLargestSeconds ? t : t * 1000);
}

std::string sessionText(std::string_view app_id, std::string_view peer_id,
                        std::span<const std::string_view> ids, std::string_view time,
                        std::string_view nonce, std::string_view suffix, IdOrder order) {
  std::string text(app_id);
  appendPart(text, peer_id);
  text += ':';
  appendSorted(text, ids, order);
  appendPart(text, time);
  appendPart(text, nonce);
  if (!suffix.empty()) appendPart(text, suffix);
  return text;
}

std::string groupText(std::string_view app_id, std::string_view peer_id, std::string_view group_id,
                      std::span<const std::string_view> ids, std::string_view time,
                      std::string_view nonce, std::string_view action, IdOrder order) {
  std::string text(app_id);
  appendPart(text, peer_id);
  appendPart(text, group_id);
  text += ':';
  appendSorted(text, ids, order);
  appendPart(text, time);
  appendPart(text, nonce);
  appendPart(text, action);
  return text;
}

std::string historyText(std::string_view app_id, std::string_view peer_id, std::string_view conv_id,
                        std::string_view nonce, std::string_view time) {
  std::string text(app_id);
  for (const std::string_view part : {peer_id, conv_id, nonce, time}) appendPart(text, part);
  return text;
}

}  // namespace kith::sign
