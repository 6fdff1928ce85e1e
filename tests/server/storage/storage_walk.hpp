// SPDX-License-Identifier: Apache-2.0
// Random requests to a storage, whose answers are held against a plain model of what they mean.
#pragma once

#include <algorithm>
#include <functional>
#include <random>

#include "server/storage/storage_bench.hpp"
#include "server/storage/storage_model.hpp"

namespace kith::storage {

/// The rows that a member may have waiting, so that its holes stay fewer than are remembered.
inline constexpr std::size_t kMostWaiting = 50;

class Walk : public Bench {
 public:
  Walk(Kind kind, unsigned seed) : Bench(kind), random_(seed) {
    model_.limits = {5, 400, 12};
    tell(ConfigureApp{"app", model_.limits});
  }

  void step() {
    now_ += below(6);
    // A clock that is now and then a little behind.
    clock_ = below(10) == 0 ? now_ - below(50) : now_;
    switch (below(17)) {
      case 0: return create();
      case 1: return addMembers();
      case 2: return removeMembers();
      case 3: return note();
      case 4: return changePresence();
      case 5: return changePresence();
      case 6: return acknowledgeSome();
      case 7: return acknowledgeSome();
      case 8: return change();
      case 9: return markRead();
      case 10: return appendTo(groupId());
      case 11: return appendTo(groupId());
      case 12: return resend();
      case 13:
        if (below(20) != 0) return;
        tell(Expire{now_});
        return model_.expire(now_);
      case 14: return removeGroup();
      default: return appendPair();
    }
  }

  /// What was asked is answered as the model says; now and then much is compared.
  void check() {
    finish();
    for (const auto& look : std::exchange(looks_, {})) look();
    for (auto& [peer, state] : model_.peers) {
      if (below(4) == 0) checkPages(peer);
      if (below(6) == 0) checkFirstPage(peer);
    }
    checkLogs();
  }
  void checkAll() {
    finish();
    for (const auto& look : std::exchange(looks_, {})) look();
    for (auto& [peer, state] : model_.peers) {
      checkPages(peer);
      checkFirstPage(peer);
      checkPages(peer);
    }
    checkLogs();
  }
  /// By another process.
  void reopen() {
    for (auto& [name, peer] : model_.peers) {
      if (peer.absences.size() >= 7) settle(name, {});
    }
    storage->close();
    storage.reset();
    open();
    tell(ConfigureApp{"app", model_.limits});
    // A peer that had a session has none any more.
    for (auto& [name, peer] : model_.peers) model_.goes(name);
  }

 private:
  using Row = StorageModel::Row;
  using Log = StorageModel::Log;

  std::int64_t below(std::int64_t bound) { return static_cast<std::int64_t>(random_()) % bound; }
  std::string anyPeer() { return 'p' + std::to_string(below(7)); }
  std::string groupId() { return 'g' + std::to_string(below(4)); }
  bool isOnline(const std::string& peer) { return model_.peers[peer].online; }
  Log* find(const std::string& conv) {
    const auto found = model_.logs.find(conv);
    return found != model_.logs.end() ? &found->second : nullptr;
  }

  // --- messages ---

  void appendPair() {
    const std::string from = anyPeer();
    std::set<std::string> all{from, anyPeer()};
    if (below(4) == 0) all.insert(anyPeer());
    std::string conv = "pair";
    std::vector<PeerRef> receivers;
    for (const std::string& each : all) {
      conv += '-' + each;
      if (each != from) receivers.push_back({each, isOnline(each)});
    }
    Log& log = model_.logs[conv];
    if (log.members.empty()) {
      for (const std::string& each : all) model_.join(log, each, 0);
    }
    Append message = basic(conv, from);
    message.receivers = receivers;
    submit(message, log);
  }

  void appendTo(const std::string& group) {
    Append message = basic(group, anyPeer());
    Log* const log = find(group);
    message.kind = log != nullptr ? log->kind : ConversationKind::Group;
    message.members_only = below(2) == 0;
    const std::string from(message.from);
    Refusal expected = Refusal::None;
    if (log == nullptr) {
      expected = Refusal::NoGroup;
    } else if (message.members_only && !log->isHere(from)) {
      expected = Refusal::NotMember;
    }
    if (expected == Refusal::None) return submit(message, *log);
    const Token asked = append(message);
    look([this, asked, expected] {
      REQUIRE(appended(asked).refusal == expected);
      REQUIRE(appended(asked).seq == 0);
    });
  }

  Append basic(const std::string& conv, const std::string& from) {
    conv_ = conv;
    from_ = from;
    id_ = 'm' + std::to_string(++ids_);
    Append message = make(id_, clock_);
    message.conv_id = conv_;
    message.from = from_;
    message.from_online = isOnline(from_);
    message.to_self = below(8) == 0;
    return message;
  }

  void submit(Append& message, Log& log) {
    const std::string dedupe = below(3) == 0 ? 't' + id_ : std::string();
    message.dedupe = dedupe;
    const Row& row = model_.append(log, id_, from_, message.timestamp, message.to_self);
    if (!dedupe.empty()) sent_.push_back({dedupe, from_, conv_, row.seq});
    const Token asked = append(message);
    look([this, asked, conv = conv_, seq = row.seq] {
      Log& kept = model_.logs[conv];
      Row& at = kept.rows[static_cast<std::size_t>(seq) - 1];
      const Appended& answer = appended(asked);
      REQUIRE_FALSE(answer.duplicate);
      REQUIRE(answer.refusal == Refusal::None);
      REQUIRE(answer.seq == seq);
      REQUIRE(answer.timestamp == at.time);
      if (kept.key == 0) kept.key = answer.conversation;
      REQUIRE(answer.conversation == kept.key);
      REQUIRE(answer.position > last_position_);
      last_position_ = at.position = answer.position;
    });
    keepFew(log);
  }

  void resend() {
    if (sent_.empty()) return;
    const Sent sent =
        sent_[static_cast<std::size_t>(below(static_cast<std::int64_t>(sent_.size())))];
    Append message = basic(sent.conv, sent.from);
    message.dedupe = sent.dedupe;
    message.kind = model_.logs[sent.conv].kind;
    message.members_only = true;
    const Token asked = append(message);
    look([this, asked, sent] {
      const Row& first = model_.logs[sent.conv].rows[static_cast<std::size_t>(sent.seq) - 1];
      const Appended& answer = appended(asked);
      REQUIRE(answer.duplicate);
      REQUIRE(answer.id == first.id);
      REQUIRE(answer.seq == sent.seq);
      REQUIRE(answer.timestamp == first.time);
      REQUIRE(answer.position == first.position);
    });
  }

  /// An edit or a deletion of any message.
  void change() {
    if (model_.logs.empty()) return;
    auto at = model_.logs.begin();
    std::advance(at, below(static_cast<std::int64_t>(model_.logs.size())));
    Log& log = at->second;
    if (log.rows.empty()) return;
    Row& row =
        log.rows[static_cast<std::size_t>(below(static_cast<std::int64_t>(log.rows.size())))];
    if (row.row != RowKind::Message) return;
    const bool expected = !row.deleted;
    Token asked = 0;
    if (below(2) == 0) {
      asked = ask(EditMessage{"app", at->first, row.id, row.time, "edited", now_});
      if (expected) row.text = "edited";
    } else {
      asked = ask(DeleteMessage{"app", at->first, row.id, row.time});
      row.deleted = true;
    }
    look([this, asked, expected] { REQUIRE(results.changed.at(asked).ok() == expected); });
  }

  // --- groups ---

  void create() {
    const std::string id = groupId();
    const bool open = id == "g3";
    const auto names = someNames();
    const auto peers = refs(names);
    const Token asked = ask(CreateGroup{"app", id, open, peers, "p0", clock_});
    if (find(id) != nullptr) {
      return look([this, asked] { REQUIRE_FALSE(results.members.at(asked).ok()); });
    }
    Log& log = model_.logs[id];
    log.kind = open ? ConversationKind::OpenGroup : ConversationKind::Group;
    expectChange(asked, join(log, names));
  }

  void addMembers() {
    const std::string id = groupId();
    const std::string by = anyPeer();
    const auto names = someNames();
    const auto peers = refs(names);
    const bool members_only = below(2) == 0;
    const std::size_t most = below(3) == 0 ? 4 : 0;
    const Token asked = ask(AddMembers{"app", id, peers, by, members_only, most, clock_});
    Log* const log = find(id);
    if (refused(asked, log, by, members_only)) return;
    const auto fresh = strangersOf(*log, names);
    if (most != 0 && !fresh.empty() && log->order.size() + fresh.size() > most) {
      return expectChange(asked, {Refusal::Full, 0, 0, {}});
    }
    expectChange(asked, join(*log, names));
  }

  void removeMembers() {
    const std::string id = groupId();
    const std::string by = anyPeer();
    const auto names = someNames();
    const std::vector<std::string_view> views(names.begin(), names.end());
    const bool members_only = below(2) == 0;
    const Token asked = ask(RemoveMembers{"app", id, views, by, members_only, clock_});
    Log* const log = find(id);
    if (refused(asked, log, by, members_only)) return;
    Ids left;
    for (const std::string& each : names) {
      if (log->isHere(each) && std::find(left.begin(), left.end(), each) == left.end()) {
        left.push_back(each);
      }
    }
    if (left.empty()) return expectChange(asked, {});
    const Row& row = model_.add(*log, RowKind::Left, "", "", clock_);
    for (const std::string& each : left) model_.leave(*log, each);
    expectChange(asked, {Refusal::None, row.seq, row.time, left});
  }

  // Not often: most of a group's life is not its end. What was asked before is looked at before, as
  // it is about what the model is going to forget.
  void removeGroup() {
    if (below(4) != 0) return;
    finish();
    for (const auto& look : std::exchange(looks_, {})) look();
    const std::string id = groupId();
    const bool there = find(id) != nullptr;
    const Token asked = ask(RemoveConversation{"app", id});
    std::erase_if(sent_, [&](const Sent& sent) { return sent.conv == id; });
    model_.logs.erase(id);
    look([this, asked, there] { REQUIRE(results.changed.at(asked).ok() == there); });
  }

  void note() {
    const std::string id = groupId();
    const Token asked = ask(NoteUpdate{"app", id, "p0", "name", clock_});
    Log* const log = find(id);
    if (refused(asked, log, "p0", false)) return;
    const Row& row = model_.add(*log, RowKind::Updated, "", "", clock_);
    expectChange(asked, {Refusal::None, row.seq, row.time, {}});
  }

  Ids someNames() {
    Ids names;
    for (std::int64_t left = below(4); left >= 0; --left) names.push_back(anyPeer());
    return names;
  }
  std::vector<PeerRef> refs(const Ids& names) {
    std::vector<PeerRef> peers;
    for (const std::string& each : names) peers.push_back({each, isOnline(each)});
    return peers;
  }
  static Ids strangersOf(const Log& log, const Ids& names) {
    Ids fresh;
    for (const std::string& each : names) {
      if (!log.isHere(each) && std::find(fresh.begin(), fresh.end(), each) == fresh.end()) {
        fresh.push_back(each);
      }
    }
    return fresh;
  }
  MembersChanged join(Log& log, const Ids& names) {
    const Ids fresh = strangersOf(log, names);
    if (fresh.empty()) return {};
    const Row& row = model_.add(log, RowKind::Joined, "", "", clock_);
    const MembersChanged change{Refusal::None, row.seq, row.time, fresh};
    for (const std::string& each : fresh) model_.join(log, each, change.seq);
    return change;
  }
  bool refused(Token asked, const Log* log, const std::string& by, bool members_only) {
    MembersChanged expected;
    if (log == nullptr) {
      expected.refusal = Refusal::NoGroup;
    } else if (members_only && !log->isHere(by)) {
      expected.refusal = Refusal::NotMember;
    } else {
      return false;
    }
    expectChange(asked, expected);
    return true;
  }
  void expectChange(Token asked, const MembersChanged& expected) {
    look([this, asked, expected] {
      REQUIRE(results.members.at(asked).ok());
      const MembersChanged& change = changed(asked);
      REQUIRE(change.refusal == expected.refusal);
      REQUIRE(change.seq == expected.seq);
      REQUIRE(change.changed == expected.changed);
      if (expected.seq != 0) REQUIRE(change.timestamp == expected.timestamp);
    });
  }

  // --- peers ---

  void changePresence() {
    const std::string peer = anyPeer();
    if (!isOnline(peer)) {
      Bench::comes(peer);
      return model_.comes(peer);
    }
    // More absences than are remembered have a test of their own.
    if (model_.peers[peer].absences.size() >= 7) settle(peer, {});
    Bench::goes(peer);
    model_.goes(peer);
  }

  void settle(const std::string& peer, const std::vector<SeqRange>& ranges) {
    tell(Acknowledge{"app", peer, ranges, true});
    for (const SeqRange& range : ranges) model_.acknowledge(peer, range);
    model_.settle(peer);
  }

  void acknowledgeSome() {
    const std::string peer = anyPeer();
    std::vector<SeqRange> ranges;
    for (auto& [id, log] : model_.logs) {
      if (log.key == 0 || below(2) == 0) continue;
      const Seq last = static_cast<Seq>(log.rows.size());
      const Seq first = 1 + below(last + 1);
      ranges.push_back({log.key, first, std::min(last, first + below(4))});
    }
    tell(Acknowledge{"app", peer, ranges});
    for (const SeqRange& range : ranges) model_.acknowledge(peer, range);
  }

  /// Acknowledges the oldest of those that have too much waiting.
  void keepFew(Log& log) {
    for (auto& [peer, member] : log.members) {
      if (member.waits.size() < kMostWaiting || log.key == 0) continue;
      const SeqRange range{log.key, 1, *std::next(member.waits.begin(), kMostWaiting / 2)};
      tell(Acknowledge{"app", peer, {&range, 1}});
      model_.acknowledge(peer, range);
    }
  }

  void markRead() {
    const std::string peer = anyPeer();
    for (auto& [id, log] : model_.logs) {
      if (!log.isHere(peer) || log.rows.empty() || below(3) != 0) continue;
      const Seq seq = 1 + below(static_cast<std::int64_t>(log.rows.size()));
      tell(MarkRead{"app", id, peer, seq});
      Seq& read = log.members[peer].read;
      read = std::max(read, seq);
    }
  }

  // --- looking ---

  static Ids idsOf(const std::vector<StorageModel::Waiting>& rows) {
    Ids ids;
    for (const auto& each : rows) ids.push_back(each.row->id);
    return ids;
  }

  void checkPages(const std::string& peer) {
    const auto expected = model_.pending(peer, now_);
    const auto limit = static_cast<std::size_t>(1 + below(40));
    Ids all;
    for (Position after = 0;;) {
      const Token asked = pending(peer, after, limit, now_);
      finish();
      const RecordedPending& page = results.pending.at(asked);
      REQUIRE(page.left_out.empty());
      for (const StoredMessage& row : *page.messages) {
        all.push_back(row.id);
        REQUIRE(row.position > after);
        after = row.position;
      }
      if (page.complete) break;
      REQUIRE(page.messages->size() == limit);
    }
    CAPTURE(peer, limit);
    REQUIRE(all == idsOf(expected));
  }

  void checkFirstPage(const std::string& peer) {
    const auto kept = model_.limited(peer, now_);
    const RecordedPending page = firstPage(peer, now_);
    CAPTURE(peer);
    REQUIRE(ids(*page.messages) == idsOf(kept));
    REQUIRE(page.complete);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const StoredMessage& row = (*page.messages)[i];
      REQUIRE(row.text == kept[i].row->text);
      REQUIRE(row.seq == kept[i].row->seq);
      REQUIRE(row.timestamp == kept[i].row->time);
    }
    std::set<std::pair<ConversationKey, Seq>> named;
    for (const SeqRange& range : page.left_out) {
      for (Seq seq = range.first; seq <= range.last; ++seq) named.emplace(range.conversation, seq);
    }
    const auto isNamed = [&](const StorageModel::Waiting& each) {
      return named.contains({each.log->key, each.row->seq});
    };
    const Ids kept_ids = idsOf(kept);
    for (const auto& each : model_.unacknowledged(peer)) {
      const bool is_kept =
          std::find(kept_ids.begin(), kept_ids.end(), each.row->id) != kept_ids.end();
      CAPTURE(each.row->id);
      REQUIRE(isNamed(each) != is_kept);
    }
    if (below(2) == 0) settle(peer, page.left_out);
  }

  void checkLogs() {
    for (auto& [id, log] : model_.logs) {
      if (below(5) != 0) continue;
      const std::string peer = anyPeer();
      if (log.members.contains(peer) == log.isHere(peer)) {
        REQUIRE(unread(id, peer, 20) == model_.unread(log, peer, 20));
      }
      ReadLog range;
      range.conv_id = id;
      range.with_changes = range.forward = true;
      range.limit = 20;
      const Seq last = static_cast<Seq>(log.rows.size());
      range.from_seq = 1 + below(last + 2);
      std::vector<const Row*> expected;
      for (Seq seq = range.from_seq; seq <= last && expected.size() < 20; ++seq) {
        const Row& row = log.rows[static_cast<std::size_t>(seq) - 1];
        if (!row.deleted) expected.push_back(&row);
      }
      const auto rows = Bench::log(range);
      REQUIRE(rows.size() == expected.size());
      for (std::size_t i = 0; i < rows.size(); ++i) {
        REQUIRE(rows[i].seq == expected[i]->seq);
        REQUIRE(rows[i].row == expected[i]->row);
        REQUIRE(rows[i].id == expected[i]->id);
        REQUIRE(rows[i].timestamp == expected[i]->time);
      }
      if (log.kind == ConversationKind::Pair) continue;
      const Token asked = group(id);
      finish();
      REQUIRE((*results.groups.at(asked))->members == log.order);
    }
  }

  void look(std::function<void()> what) { looks_.push_back(std::move(what)); }

  struct Sent {
    std::string dedupe;
    std::string from;
    std::string conv;
    Seq seq;
  };

  std::mt19937 random_;
  StorageModel model_;
  std::vector<std::function<void()>> looks_;  ///< at what is going to be answered
  std::vector<Sent> sent_;
  std::string conv_, from_, id_;  // of the message under way
  std::int64_t now_{1000};
  std::int64_t clock_{1000};
  int ids_{0};
  Position last_position_{0};
};

}  // namespace kith::storage
