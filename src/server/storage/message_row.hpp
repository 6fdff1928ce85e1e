// SPDX-License-Identifier: Apache-2.0
// A message as the tables have it: the columns that are read, and what is made of them.
#pragma once

#include <vector>

#include "server/storage/answers.hpp"
#include "sqlite/packed.hpp"
#include "sqlite/statement.hpp"

// The columns that readMessage() and the logs read; `from` names messages m. CROSS JOIN keeps the
// order: one scan, then the look-ups of a row.
#define KITH_MESSAGES(from)                                                                \
  "SELECT m.position, m.conv, m.seq, m.kind, c.kind, m.id, m.ts, p.name, c.name, m.text, " \
  "m.receipt, m.addressed, m.edited, m.deleted, m.links "                                  \
  "FROM " from " CROSS JOIN peers p ON p.row=m.sender CROSS JOIN conversations c ON c.row=m.conv "

namespace kith::storage {

inline constexpr int kDeletedColumn = 13;
inline constexpr int kLinksColumn = 14;

inline StoredMessage readMessage(const sqlite::Statement& row) {
  StoredMessage message;
  message.position = row.numberAt(0);
  message.conversation = row.numberAt(1);
  message.seq = row.numberAt(2);
  message.row = static_cast<RowKind>(row.numberAt(3));
  message.kind = static_cast<ConversationKind>(row.numberAt(4));
  message.id = row.textAt(5);
  message.timestamp = row.numberAt(6);
  message.from = row.textAt(7);
  message.conv_id = row.textAt(8);
  message.text = row.textAt(9);
  message.receipt_wanted = row.numberAt(10) != 0;
  std::vector<std::string_view> addressed;
  sqlite::Reader(row.blobAt(11)).texts(addressed);
  message.addressed.assign(addressed.begin(), addressed.end());
  message.edited_at = row.numberAt(12);
  return message;
}

}  // namespace kith::storage
