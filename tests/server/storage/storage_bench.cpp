// SPDX-License-Identifier: Apache-2.0
#include "server/storage/storage_bench.hpp"

#include <utility>

namespace kith::storage {

Bench::Bench(Kind kind) : kind_(kind) {
  open();
  storage->submit(kNoToken, ConfigureApp{"app", {}});
}
Bench::~Bench() = default;

void Bench::open() {
  const Wake wake = [this] { bell.ring(); };
  if (kind_ == Kind::Memory) {
    storage = makeMemoryStorage(wake);
    return;
  }
  auto opened = openSqliteStorage(folder.path(), wake);
  REQUIRE(opened.ok());
  storage = std::move(opened).value();
}

Token Bench::ask(const Request& request) {
  storage->submit(++token, request);
  return token;
}

Token Bench::append(const Append& message) { return ask(message); }
Token Bench::append(std::string_view id, std::int64_t timestamp, std::span<const PeerRef> receivers,
                    std::string_view text) {
  Append message = make(id, timestamp, text);
  message.receivers = receivers;
  return append(message);
}

Append Bench::make(std::string_view id, std::int64_t timestamp, std::string_view text) {
  Append message;
  message.app_id = "app";
  message.id = id;
  message.timestamp = timestamp;
  message.from = "alice";
  message.conv_id = "conv";
  message.text = text;
  return message;
}

Token Bench::appendTo(std::string_view group, std::string_view id, std::int64_t timestamp,
                      std::string_view from) {
  Append message = make(id, timestamp);
  message.conv_id = group;
  message.kind = ConversationKind::Group;
  message.from = from;
  return append(message);
}

Token Bench::pending(std::string_view peer, Position after, std::size_t limit, std::int64_t now) {
  return ask(ReadPending{"app", peer, after, limit, now});
}

std::vector<std::string> Bench::pendingIds(std::string_view peer, std::int64_t now) {
  const Token asked = pending(peer, 0, 100000, now);
  finish();
  return ids(*results.pending.at(asked).messages);
}

RecordedPending Bench::firstPage(std::string_view peer, std::int64_t now, std::size_t limit) {
  const Token asked = ask(ReadPending{"app", peer, 0, limit, now, true});
  finish();
  REQUIRE(results.pending.at(asked).messages.ok());
  return results.pending.at(asked);
}

std::vector<std::string> Bench::firstIds(std::string_view peer, std::int64_t now) {
  return ids(*firstPage(peer, now).messages);
}

std::vector<std::string> Bench::settledIds(std::string_view peer, std::int64_t now) {
  const RecordedPending page = firstPage(peer, now);
  tell(Acknowledge{"app", peer, page.left_out, true});
  return ids(*page.messages);
}

void Bench::acknowledge(std::string_view peer, const std::vector<Token>& appended) {
  finish();
  std::vector<SeqRange> ranges;
  for (const Token each : appended) ranges.push_back(rangeOf(each));
  tell(Acknowledge{"app", peer, ranges});
}

void Bench::comes(std::string_view peer) { tell(PeerOnline{"app", peer}); }
void Bench::goes(std::string_view peer) { tell(PeerOffline{"app", peer}); }

Token Bench::history(HistoryRange range) {
  range.app_id = "app";
  return ask(range.request());
}

std::vector<std::string> Bench::historyIds(const HistoryRange& range) {
  const Token asked = history(range);
  finish();
  return ids(*results.history.at(asked));
}

std::vector<StoredMessage> Bench::log(ReadLog range) {
  range.app_id = "app";
  const Token asked = ask(range);
  finish();
  return *results.history.at(asked);
}

Token Bench::create(std::string_view id, bool open, const std::vector<std::string_view>& members) {
  return ask(CreateGroup{"app", id, open, refs(members), "alice", 1});
}

Token Bench::add(std::string_view group, const std::vector<std::string_view>& peers,
                 std::int64_t now) {
  return ask(AddMembers{"app", group, refs(peers), "alice", false, 0, now});
}

Token Bench::remove(std::string_view group, const std::vector<std::string_view>& peers,
                    std::int64_t now) {
  return ask(RemoveMembers{"app", group, peers, "alice", false, now});
}

Token Bench::group(std::string_view id) { return ask(LoadGroup{"app", id}); }

FoundGroup Bench::load(std::string_view id) {
  const Token asked = group(id);
  finish();
  return *results.groups.at(asked);
}

std::vector<std::string> Bench::found(std::string_view where, std::string_view peer,
                                      std::string_view class_name) {
  FindObjects request;
  request.app_id = "app";
  request.class_name = class_name;
  request.where = where;
  request.limit = 100;
  request.user_id = peer;
  request.master = true;
  const Token asked = ask(request);
  finish();
  std::vector<std::string> all;
  for (const objects::Object& each : results.found.at(asked)->objects) {
    all.push_back(each.id + ' ' + each.json);
  }
  return all;
}

std::int64_t Bench::unread(std::string_view conv, std::string_view peer, int most) {
  const Token asked = ask(CountUnread{"app", conv, peer, most});
  finish();
  return results.unread.at(asked)->count;
}

void Bench::finish() {
  storage->flush();
  while (token != 0 && !results.has(token)) {
    if (storage->drain(results) == 0) REQUIRE(bell.wait());
  }
}

std::vector<std::string> Bench::ids(const std::vector<StoredMessage>& messages) {
  std::vector<std::string> all;
  for (const StoredMessage& message : messages) all.push_back(message.id);
  return all;
}

SeqRange Bench::rangeOf(Token asked) {
  return {appended(asked).conversation, appended(asked).seq, appended(asked).seq};
}

std::span<const PeerRef> Bench::refs(const std::vector<std::string_view>& peers) {
  refs_.clear();
  for (const std::string_view peer : peers) refs_.push_back({peer, false});
  return refs_;
}

}  // namespace kith::storage
