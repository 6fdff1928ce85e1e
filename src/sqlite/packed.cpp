// SPDX-License-Identifier: Apache-2.0
#include "sqlite/packed.hpp"

#include <cstring>

namespace kith::sqlite {

Writer& Writer::number(std::int64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out_.append(bytes, sizeof bytes);
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
  std::int64_t value = 0;
  if (bytes_.size() < sizeof value) {
    bytes_ = {};
    return 0;
  }
  std::memcpy(&value, bytes_.data(), sizeof value);
  bytes_.remove_prefix(sizeof value);
  return value;
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
