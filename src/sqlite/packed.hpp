// SPDX-License-Identifier: Apache-2.0
// Numbers and texts packed into bytes, for columns that hold a list. Plain values, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kith::sqlite {

/// Numbers and texts one behind the other; a small number takes a byte.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& number(std::int64_t value);
  Writer& text(std::string_view value);
  Writer& texts(std::span<const std::string_view> values);

 private:
  std::string& out_;
};

/// Reads what a Writer wrote; the views point into its bytes. Reading past the end, which only a
/// damaged database could cause, gives zeros and empty texts.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::int64_t number();
  std::string_view text();
  void texts(std::vector<std::string_view>& values);
  bool atEnd() const { return bytes_.empty(); }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace kith::sqlite
