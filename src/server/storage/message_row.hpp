// SPDX-License-Identifier: Apache-2.0
// A message as the tables have it: the columns that are read, and what is made of them.
#pragma once

#include <vector>

#include "server/storage/answers.hpp"
#include "sqlite/packed.hpp"
#include "sqlite/statement.hpp"

// The columns that readMessage() and the history read; `from` names messages m. CROSS JOIN keeps
// the order: one scan, then the look-ups of a row.
#define KITH_MESSAGES(from)                                                                    \
  "SELECT m.seq, m.id, m.ts, p.name, c.name, m.grp, m.text, m.receipt, m.addressed, m.links, " \
  "m.edited, m.deleted "                                                                       \
  "FROM " from " CROSS JOIN peers p ON p.row=m.sender CROSS JOIN conversations c ON c.row=m.conv "

namespace kith::storage {

inline constexpr int kLinksColumn = 9;
inline constexpr int kEditedColumn = 10;
inline constexpr int kDeletedColumn = 11;

inline StoredMessage readMessage(const sqlite::Statement& row) {
  StoredMessage message;
  message.position = row.numberAt(0);
  message.id = row.textAt(1);
  message.timestamp = row.numberAt(2);
  message.from = row.textAt(3);
  message.conv_id = row.textAt(4);
  message.group_id = row.textAt(5);
  message.text = row.textAt(6);
  message.receipt_wanted = row.numberAt(7) != 0;
  std::vector<std::string_view> addressed;
  sqlite::Reader(row.blobAt(8)).texts(addressed);
  message.addressed.assign(addressed.begin(), addressed.end());
  message.edited_at = row.numberAt(kEditedColumn);
  return message;
}

}  // namespace kith::storage
