// SPDX-License-Identifier: Apache-2.0
#include "server/rest/events_api.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.hpp"
#include "base/clock.hpp"
#include "json/json_writer.hpp"
#include "server/objects/value.hpp"
#include "server/rest/peer_token.hpp"

namespace kith::rest {
namespace {

constexpr int kEvents = 100;
// Of an event: an id, names, and attributes as long as one frame.
constexpr std::size_t kEventBytes = 4096;
constexpr std::string_view kPermanent = "permanent";
/// The event is kept, as against one that only sessions of the moment hear.
constexpr int kKept = 1;

/// The two forms of an answer.
enum class Form {
  Flat,   ///< JavaScript: names with underscores, attributes as a text in `data`
  Split,  ///< Swift: names with dashes, attributes as objects
};

std::string_view nameOf(const storage::StoredMessage& row, bool of_itself) {
  switch (row.row) {
    case storage::RowKind::Joined: return of_itself ? "joined" : "members-joined";
    case storage::RowKind::Left: return of_itself ? "left" : "members-left";
    default: return "updated";
  }
}

/// One event as `peer` is told it.
std::string formatEvent(const storage::StoredMessage& row, const std::string& peer, Form form) {
  // What it did itself is news of the members to its other devices, unless it left.
  const bool is_named =
      std::find(row.addressed.begin(), row.addressed.end(), peer) != row.addressed.end();
  const bool of_itself = is_named && (row.from != peer || row.row == storage::RowKind::Left);
  std::string op(nameOf(row, of_itself));
  if (form == Form::Flat) std::replace(op.begin(), op.end(), '-', '_');
  json::JsonWriter out;
  out.text("cmd", "conv").text("op", op).text("cid", row.conv_id).text("initBy", row.from);
  out.integer("serverTs", row.timestamp).integer("notificationType", kKept);
  if (row.row != storage::RowKind::Updated) {
    out.list("m", row.addressed);
    return out.finish();
  }
  const std::string time = objects::formatTime(row.timestamp);
  std::string fields = row.text.empty() ? std::string("{}") : row.text;
  if (form == Form::Flat) fields = json::JsonWriter().text("data", fields).finish();
  return out.text("udate", time).raw("attr", fields).raw("attrModified", fields).finish();
}

net::HttpReply showEvents(const storage::ChangesPage& page, const std::string& peer, Form form) {
  std::string body = R"({"hasMore":)";
  body += page.complete ? "false" : "true";
  body += R"(,"notifications":[)";
  for (const storage::StoredMessage& row : page.changes) {
    if (body.back() != '[') body += ',';
    body += formatEvent(row, peer, form);
  }
  body += "]}";
  if (form == Form::Flat) return jsonReply(std::move(body));
  std::string split = R"({"permanent":)" + body + R"(,"droppable":{"invalidLocalConvCache":)";
  // A client that is not told all of it reads its conversations again.
  split += page.all_seen ? "false" : "true";
  return jsonReply(split + R"(,"notifications":[]}})");
}

}  // namespace

std::vector<Route> EventsApi::routes() {
  return {{"GET", "/1.1/rtm/notifications", Who::App, kStrayBody,
           [this](const Request& request) { return notifications(request); }}};
}

std::optional<net::HttpReply> EventsApi::notifications(const Request& request) {
  const net::HttpCall& call = request.call;
  std::string peer;
  if (request.master) {
    peer = call.arg("client_id");
  } else if (const std::string_view why =
                 whyNotPeer(*request.app, call, base::systemNow().wall, peer);
             !why.empty()) {
    return refuse(401, 401, std::string(why));
  }
  // Whose events they are is known by the token alone, whatever the app asks for.
  if (peer.empty()) return refuse(401, 401, "X-LC-IM-Session-Token is missing");
  const std::string_view since = call.arg("start_ts");
  const auto after = base::readNumber<std::int64_t>(since.empty() ? "0" : since);
  if (!after || *after < 0) return badRequest("start_ts must be milliseconds");
  const Form form = call.arg("notification_type") == kPermanent ? Form::Flat : Form::Split;
  return calls_.ask<storage::ChangesPage>(
      request, kEvents * kEventBytes,
      [app_id = request.app->id, peer, after = *after](storage::Storage& storage,
                                                       storage::Token token) {
        storage.submit(token, storage::ReadChanges{app_id, peer, after, kEvents});
      },
      [peer, form](const storage::ChangesPage& page) { return showEvents(page, peer, form); });
}

}  // namespace kith::rest
