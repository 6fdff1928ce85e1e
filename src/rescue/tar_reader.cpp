// SPDX-License-Identifier: Apache-2.0
#include "rescue/tar_reader.hpp"

#include <algorithm>
#include <optional>

namespace kith::rescue {
namespace {

// Where what stands in a header, and how long it is (POSIX pax, "ustar Interchange Format").
struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kSum{148, 8};
constexpr Field kKind{156, 1};
constexpr Field kMagic{257, 5};
constexpr Field kPrefix{345, 155};

std::string_view textOf(std::string_view block, Field field) {
  const std::string_view all = block.substr(field.at, field.size);
  return all.substr(0, all.find('\0'));
}

/// Digits to base 8, or, for what is very large, bytes behind one with the highest bit.
std::optional<std::uint64_t> numberOf(std::string_view block, Field field) {
  const std::string_view all = block.substr(field.at, field.size);
  std::uint64_t number = 0;
  if ((static_cast<unsigned char>(all.front()) & 0x80u) != 0) {
    for (const char byte : all.substr(1)) {
      if (number >> 55 != 0) return std::nullopt;
      number = number << 8 | static_cast<unsigned char>(byte);
    }
    return number;
  }
  bool any = false;
  for (const char digit : all) {
    if (digit == ' ' && !any) continue;
    if (digit == ' ' || digit == '\0') break;
    if (digit < '0' || digit > '7') return std::nullopt;
    number = number << 3 | static_cast<unsigned>(digit - '0');
    any = true;
  }
  return number;
}

/// The sum of all bytes, with blanks in its own place.
std::uint64_t sumOf(std::string_view block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kSum.at && i < kSum.at + kSum.size;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

bool isFile(char kind) { return kind == '0' || kind == '\0' || kind == '7'; }
/// A directory, a link or a device has no bytes, whatever its size says.
bool hasBytes(char kind) { return kind < '1' || kind > '6'; }

}  // namespace

Result<void> TarReader::takeHeader() {
  const auto size = numberOf(block_, kSize);
  if (!size || numberOf(block_, kSum) != sumOf(block_)) {
    return Error{Errc::ProtocolError, 0, "is no tar archive, or a damaged one", false};
  }
  const char kind = block_[kKind.at];
  left_ = hasBytes(kind) ? *size : 0;
  padding_ = static_cast<std::size_t>((kBlock - left_ % kBlock) % kBlock);
  told_ = isFile(kind);
  any_ = true;
  if (!told_) return {};
  std::string name(textOf(block_, kName));
  if (textOf(block_, kMagic) == "ustar") {
    const std::string_view prefix = textOf(block_, kPrefix);
    if (!prefix.empty() && block_[kMagic.at + kMagic.size] == '\0') {
      name.insert(0, std::string(prefix) + '/');
    }
  }
  sink_.begin(name);
  if (left_ == 0) sink_.end();
  return {};
}

Result<void> TarReader::feed(std::string_view bytes) {
  while (!bytes.empty() && !ended_) {
    if (left_ > 0) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      if (told_) sink_.bytes(bytes.substr(0, size));
      left_ -= size;
      if (left_ == 0 && told_) sink_.end();
      bytes.remove_prefix(size);
      continue;
    }
    if (padding_ > 0) {
      const std::size_t size = std::min(padding_, bytes.size());
      padding_ -= size;
      bytes.remove_prefix(size);
      continue;
    }
    const std::size_t size = std::min(kBlock - block_.size(), bytes.size());
    block_.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (block_.size() < kBlock) continue;
    ended_ = std::all_of(block_.begin(), block_.end(), [](char byte) { return byte == '\0'; });
    if (!ended_) {
      if (Result<void> taken = takeHeader(); !taken) return taken;
    }
    block_.clear();
  }
  return {};
}

}  // namespace kith::rescue
