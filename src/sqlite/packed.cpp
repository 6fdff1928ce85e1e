// SPDX-License-Identifier: Apache-2.0
#include "sqlite/packed.hpp"

#include <algorithm>

namespace kith::sqlite {
namespace {

constexpr std::size_t kLongestNumber = 10;

}  // namespace

// Seven bits a byte, the last without the eighth; the sign is the lowest bit.
Writer& Writer::number(std::int64_t value) {
  auto left = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  if (left < 0x80) {
    out_.push_back(static_cast<char>(left));
    return *this;
  }
  char bytes[kLongestNumber];
  std::size_t size = 0;
  for (; left >= 0x80; left >>= 7) bytes[size++] = static_cast<char>(left | 0x80);
  bytes[size++] = static_cast<char>(left);
  out_.append(bytes, size);
  return *this;
}

Writer& Writer::text(std::string_view value) {
  number(static_cast<std::int64_t>(value.size()));
  out_.append(value);
  return *this;
}

Writer& Writer::texts(std::span<const std::string_view> values) {
  number(static_cast<std::int64_t>(values.size()));
  for (std::string_view value : values) text(value);
  return *this;
}

std::int64_t Reader::number() {
  std::uint64_t value = 0;
  const std::size_t most = std::min(bytes_.size(), kLongestNumber);
  for (std::size_t i = 0; i < most; ++i) {
    const auto byte = static_cast<unsigned char>(bytes_[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes_.remove_prefix(i + 1);
      return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
  }
  bytes_ = {};
  return 0;
}

std::string_view Reader::text() {
  const auto size = static_cast<std::uint64_t>(number());
  if (size > bytes_.size()) {
    bytes_ = {};
    return {};
  }
  const std::string_view value = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return value;
}

void Reader::texts(std::vector<std::string_view>& values) {
  values.clear();
  for (std::int64_t left = number(); left > 0 && !atEnd(); --left) values.push_back(text());
}

}  // namespace kith::sqlite
