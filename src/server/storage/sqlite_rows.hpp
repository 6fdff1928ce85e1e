// SPDX-License-Identifier: Apache-2.0
// A row of a log before it has a number. Owns nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/storage/sqlite_tables.hpp"

namespace kith::storage {

struct SqliteTables::NewRow {
  RowKind kind{RowKind::Message};
  std::int64_t sender{0};
  std::int64_t timestamp{0};
  std::string_view text;
  std::string_view id;
  std::span<const std::string_view> addressed;
  std::string_view extra;
  bool receipt_wanted{false};
  bool to_self{false};
  ListEnd* sent{nullptr};  ///< Message: the end of its sender's list
};

}  // namespace kith::storage
