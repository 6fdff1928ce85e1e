// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_rows.hpp"

#include <kith/limits.hpp>

#include <utility>

#include "base/text_codes.hpp"
#include "sqlite/packed.hpp"

namespace kith::store {
namespace {

// Bits of messages.flags; on disk, so never renumber.
constexpr std::int64_t kTransient = 1;
constexpr std::int64_t kReceipt = 2;
constexpr std::int64_t kOffline = 4;
constexpr std::int64_t kAcknowledge = 8;
constexpr std::int64_t kBinary = 16;
constexpr std::int64_t kMentionAll = 32;
constexpr std::int64_t kMentioned = 64;

std::int64_t toNumber(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp toTime(std::int64_t number) { return Timestamp(std::chrono::milliseconds(number)); }

std::string_view pack(const std::vector<std::string>& texts, std::string& out) {
  out.clear();
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  if (!views.empty()) sqlite::Writer(out).texts(views);
  return out;
}

std::vector<std::string> unpack(std::string_view bytes) {
  std::vector<std::string_view> views;
  sqlite::Reader(bytes).texts(views);
  return {views.begin(), views.end()};
}

/// Bytes are kept as base64, since columns of text hold text.
std::string_view textOf(const Message& message, std::string& base64) {
  if (!message.binary) return message.text;
  base64.clear();
  base::appendBase64(message.text, base64);
  return base64;
}

void readBytes(std::string& text) {
  std::string bytes(base::mostBase64Bytes(text.size()), '\0');
  bytes.resize(base::readBase64(text, bytes.data()).value_or(0));
  text = std::move(bytes);
}

std::int64_t flagsOf(const Message& message) {
  return (message.transient ? kTransient : 0) | (message.receipt ? kReceipt : 0) |
         (message.offline ? kOffline : 0) | (message.binary ? kBinary : 0) |
         (message.mention_all ? kMentionAll : 0) | (message.mentioned ? kMentioned : 0);
}

}  // namespace

SqliteRows::Peer SqliteRows::find(std::string_view app_id, std::string_view peer_id) {
  Peer peer;
  if (find_.start().text(app_id).text(peer_id).step()) {
    peer = {find_.numberAt(0), toTime(find_.numberAt(1))};
  }
  find_.start();
  return peer;
}

std::int64_t SqliteRows::add(std::string_view app_id, std::string_view peer_id, Timestamp now) {
  add_.start().text(app_id).text(peer_id).number(toNumber(now)).run();
  return db_.lastRowId();
}

void SqliteRows::setSeen(std::int64_t peer, Timestamp now) {
  set_seen_.start().number(peer).number(toNumber(now)).run();
}

void SqliteRows::insert(std::int64_t peer, Side side, std::string_view key, Timestamp queued,
                        const Message& message, std::int64_t flags) {
  insert_.start().number(peer).number(static_cast<std::int64_t>(side)).text(key);
  insert_.number(toNumber(queued)).text(textOf(message, base64_));
  insert_.blob(pack(message.to, packed_));
  insert_.text(message.group_id).text(message.id).text(message.from);
  insert_.number(toNumber(message.timestamp)).number(flags);
  insert_.text(side == Side::Outgoing ? uptime_.boot : std::string_view());
  insert_.number(side == Side::Outgoing ? uptime_.since.count() : 0);
  insert_.blob(pack(message.mentions, packed_mentions_)).run();
}

void SqliteRows::remove(std::int64_t peer, Side side, std::string_view key) {
  remove_.start().number(peer).number(static_cast<std::int64_t>(side)).text(key).run();
}

void SqliteRows::make(std::int64_t peer, const store_change::AddOutgoing& change) {
  const StoredOutgoing& entry = change.entry;
  insert(peer, Side::Outgoing, entry.client_id, entry.queued, entry.message,
         flagsOf(entry.message));
}

void SqliteRows::make(std::int64_t peer, const store_change::RemoveOutgoing& change) {
  remove(peer, Side::Outgoing, change.client_id);
}

void SqliteRows::make(std::int64_t peer, const store_change::AddIncoming& change) {
  const StoredIncoming& entry = change.entry;
  insert(peer, Side::Incoming, entry.message.id, {}, entry.message,
         flagsOf(entry.message) | (entry.acknowledge ? kAcknowledge : 0));
}

void SqliteRows::make(std::int64_t peer, const store_change::Shown& change) {
  for (const std::string& id : change.ids) {
    remove(peer, Side::Incoming, id);
    insert_shown_.start().number(peer).text(id).run();
  }
  trim_shown_.start().number(peer).number(limits::kRememberedIds).run();
}

void SqliteRows::make(std::int64_t peer, const store_change::SetWatched& change) {
  set_watched_.start().number(peer).blob(pack(change.peers, packed_)).run();
}

void SqliteRows::readMessages(std::int64_t peer, StoredPeer& into) {
  messages_.start().number(peer);
  while (messages_.step()) {
    Message message;
    message.text = messages_.textAt(3);
    message.to = unpack(messages_.blobAt(4));
    message.group_id = messages_.textAt(5);
    message.id = messages_.textAt(6);
    message.from = messages_.textAt(7);
    message.timestamp = toTime(messages_.numberAt(8));
    const std::int64_t flags = messages_.numberAt(9);
    message.transient = (flags & kTransient) != 0;
    message.receipt = (flags & kReceipt) != 0;
    message.offline = (flags & kOffline) != 0;
    message.binary = (flags & kBinary) != 0;
    if (message.binary) readBytes(message.text);
    message.mention_all = (flags & kMentionAll) != 0;
    message.mentioned = (flags & kMentioned) != 0;
    message.mentions = unpack(messages_.blobAt(12));
    if (messages_.numberAt(0) == static_cast<std::int64_t>(Side::Incoming)) {
      into.incoming.push_back({std::move(message), (flags & kAcknowledge) != 0});
    } else {
      const Uptime kept{std::string(messages_.textAt(10)),
                        std::chrono::milliseconds(messages_.numberAt(11))};
      into.outgoing.push_back({std::string(messages_.textAt(1)), std::move(message),
                               happened(toTime(messages_.numberAt(2)), kept, now_, uptime_)});
    }
  }
}

void SqliteRows::readShown(std::int64_t peer, StoredPeer& into) {
  shown_.start().number(peer);
  while (shown_.step()) into.shown_ids.emplace_back(shown_.textAt(0));
}

void SqliteRows::readWatched(std::int64_t peer, StoredPeer& into) {
  if (watched_.start().number(peer).step()) into.watched = unpack(watched_.blobAt(0));
  watched_.start();
}

void SqliteRows::forget(Timestamp cutoff) {
  forget_shown_.start().number(toNumber(cutoff)).run();
  forget_watched_.start().number(toNumber(cutoff)).run();
  forget_peers_.start().number(toNumber(cutoff)).run();
}

std::int64_t SqliteRows::usedPages() {
  const auto number = [](Statement& statement) {
    const std::int64_t value = statement.start().step() ? statement.numberAt(0) : 0;
    statement.start();
    return value;
  };
  return number(pages_) - number(free_pages_);
}

}  // namespace kith::store
