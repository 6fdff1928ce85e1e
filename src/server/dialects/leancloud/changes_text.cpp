// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/leancloud/changes_text.hpp"

#include <string_view>

#include "json/json_writer.hpp"

namespace kith::dialects {
namespace {

std::string textOf(const storage::StoredMessage& row) {
  json::JsonWriter out;
  const bool joined = row.row == storage::RowKind::Joined;
  const bool left = row.row == storage::RowKind::Left;
  out.text("op", joined ? "members-joined" : left ? "members-left" : "updated");
  out.text("cid", row.conv_id).text("initBy", row.from).integer("serverTs", row.timestamp);
  if (joined || left) return out.list("m", row.addressed).finish();
  return out.raw("attr", row.text.empty() ? std::string_view("{}") : row.text).finish();
}

}  // namespace

std::string changesText(std::span<const storage::StoredMessage> changes) {
  std::string list = "[";
  for (const storage::StoredMessage& row : changes) {
    if (list.size() > 1) list += ',';
    list += textOf(row);
  }
  return list + ']';
}

}  // namespace kith::dialects
