// SPDX-License-Identifier: Apache-2.0
// Messages as an app's server sends, changes and reads them.
#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.hpp"
#include "base/text_codes.hpp"
#include "json/json_writer.hpp"
#include "server/rest/rtm_api.hpp"
#include "server/rest/rtm_body.hpp"

namespace kith::rest {
namespace {

constexpr std::size_t kMentions = 20;  // leancloud-current §6
constexpr int kRows = 100;
constexpr int kMostRows = 1000;
// Beside what came in one frame, a row of an answer has so many bytes at most.
constexpr std::size_t kBesideFrame = 512;

/// A part of what was said: from a bound to another one, in either direction.
struct RowRange {
  std::int64_t time{0};  ///< ms; 0 = from the end
  std::string id;
  std::int64_t till_time{0};  ///< ms; 0 = up to the other end
  std::string till_id;
  bool with_first{false};
  bool with_last{false};
  bool forward{false};
  int limit{kRows};

  /// Behind the bound that it goes to.
  bool ends(const storage::StoredMessage& row) const {
    if (till_time == 0) return false;
    if (row.timestamp != till_time) return (row.timestamp > till_time) == forward;
    if (till_id.empty() || row.id == till_id) return !with_last;
    return false;
  }
};

bool readTime(std::string_view text, std::int64_t& time) {
  if (text.empty()) return true;
  const auto number = base::readNumber<std::int64_t>(text);
  if (number) time = *number;
  return number && time >= 0;
}

/// The arguments of a request for rows; or why they are none.
std::string readRange(const net::HttpCall& call, RowRange& range) {
  std::int64_t limit = kRows;
  // In 1.1 it was called max_ts.
  const std::string_view max_ts = call.arg("max_ts");
  if (!readTime(max_ts.empty() ? call.arg("timestamp") : max_ts, range.time) ||
      !readTime(call.arg("till_timestamp"), range.till_time)) {
    return "timestamp and till_timestamp are milliseconds";
  }
  if (!readTime(call.arg("limit"), limit) || limit == 0) return "limit is no number from 1 to 1000";
  range.id = call.arg("msgid");
  range.till_id = call.arg("till_msgid");
  if ((!range.id.empty() && range.time == 0) || (!range.till_id.empty() && range.till_time == 0)) {
    return "msgid needs its timestamp, and till_msgid its till_timestamp";
  }
  range.with_first = call.arg("include_start") == "true";
  range.with_last = call.arg("include_stop") == "true";
  range.forward = call.arg("reversed") == "true";
  range.limit = static_cast<int>(std::min<std::int64_t>(limit, kMostRows));
  return {};
}

void addRow(const storage::StoredMessage& row, std::string& body) {
  const bool room = row.kind == storage::ConversationKind::OpenGroup;
  json::JsonWriter out;
  out.text("msg-id", row.id).text("conv-id", row.conv_id).text("to", row.conv_id);
  out.text("from", row.from).text("data", row.text).integer("timestamp", row.timestamp);
  out.flag("is-conv", true).flag("is-room", room);
  out.flag("bin", storage::MessageExtra::unpack(row.extra).binary);
  body += out.finish();
}

net::HttpReply showRows(const storage::HistoryPage& page, const RowRange& range) {
  std::string body = "[";
  for (const storage::StoredMessage& row : page.messages) {
    if (range.ends(row)) break;
    if (body.size() > 1) body += ',';
    addRow(row, body);
  }
  return jsonReply(body += ']');
}

}  // namespace

net::HttpReply RtmApi::tooLong() const {
  return badRequest("message: has more than " + std::to_string(message_bytes_) + " bytes");
}

RtmApi::Answer RtmApi::send(const Request& request, std::string_view conversation,
                            std::string_view from, bool room) {
  RtmBody body(request.body);
  core::SendMessage wish;
  wish.group = conversation.empty() ? body.text("conv_id") : conversation;
  const std::string_view peer = body.text(from);
  wish.text = body.text("message");
  wish.transient = body.flag("transient");
  wish.without_copies = body.flag("no_sync") || room;
  wish.mention_all = body.flag("mention_all");
  const std::vector<std::string_view> mentions = body.texts("mention_client_ids", kMentions, false);
  wish.mentions = mentions;
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (!fits(wish.text)) return tooLong();
  return command(request, peer, wish);
}

RtmApi::Answer RtmApi::edit(const Request& request, bool recall) {
  RtmBody body(request.body);
  core::EditMessage wish;
  wish.group = request.names.at(0);
  wish.id = request.names.at(1);
  wish.recall = recall;
  const std::string_view peer = body.text("from_client");
  const std::vector<std::string_view> to = body.texts("to_clients", core::kNamedReceivers, false);
  wish.to = to;
  if (!recall) wish.text = body.text("message");
  wish.timestamp = body.number("timestamp");
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (!fits(wish.text)) return tooLong();
  return command(request, peer, wish);
}

RtmApi::Answer RtmApi::remove(const Request& request) {
  const auto time = base::readNumber<std::int64_t>(request.call.arg("timestamp"));
  if (!time) return badRequest("timestamp must be the milliseconds of the message");
  return removeMessage(Asker(request), {request.app->id, std::string(request.names.at(0)),
                                        std::string(request.names.at(1)), *time});
}

RtmApi::Answer RtmApi::removeMessage(const Asker& asker, GoneMessage gone) {
  return calls_.ask<storage::Changed>(
      asker, kBesideFrame,
      [gone = std::move(gone)](storage::Storage& storage, storage::Token token) {
        storage.submit(token, storage::DeleteMessage{gone.app_id, gone.group, gone.id, gone.time});
        if (!gone.broadcast) return;
        storage.submit(storage::kNoToken,
                       storage::DeleteObject{
                           gone.app_id, storage::kBroadcastsClass, gone.id, 0, {}, {}, true});
      },
      [](const storage::Changed&) { return jsonReply("{}"); });
}

// `peer`: what a service conversation said to it, and it to that. Without one, of a service
// conversation also what was imported of it.
RtmApi::Answer RtmApi::log(const Request& request, std::string_view conversation,
                           std::string_view peer) {
  if (conversation.empty()) return badRequest("convid must be the id of a conversation");
  RowRange range;
  if (const std::string wrong = readRange(request.call, range); !wrong.empty())
    return badRequest(wrong);
  const auto rows = static_cast<std::size_t>(range.limit);
  return calls_.ask<storage::HistoryPage>(
      request, rows * (message_bytes_ + kBesideFrame),
      [range, app_id = request.app->id, group = std::string(conversation),
       channel = base::channelName(conversation, peer)](storage::Storage& storage,
                                                        storage::Token token) {
        storage::ReadLog wanted;
        wanted.app_id = app_id;
        wanted.conv_id = group;
        wanted.forward = range.forward;
        wanted.from_time = range.time;
        wanted.from_id = range.id;
        wanted.exclusive = !range.with_first;
        wanted.limit = range.limit;
        wanted.channel = channel;
        storage.submit(token, wanted);
      },
      [range](const storage::HistoryPage& page) { return showRows(page, range); });
}

RtmApi::Answer RtmApi::history(const Request& request, std::string_view from) {
  RowRange range;
  if (const std::string wrong = readRange(request.call, range); !wrong.empty())
    return badRequest(wrong);
  if (range.forward) return badRequest("reversed: is for the messages of one conversation");
  const auto rows = static_cast<std::size_t>(range.limit);
  storage::HistoryRange wanted;
  wanted.app_id = request.app->id;
  wanted.from = from;
  wanted.before = range.time;
  wanted.before_id = range.id;
  wanted.before_exclusive = !range.with_first;
  wanted.limit = range.limit;
  return calls_.ask<storage::HistoryPage>(
      request, rows * (message_bytes_ + kBesideFrame),
      [wanted](storage::Storage& storage, storage::Token token) {
        storage.submit(token, wanted.request());
      },
      [range](const storage::HistoryPage& page) { return showRows(page, range); });
}

}  // namespace kith::rest
