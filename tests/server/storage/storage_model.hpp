// SPDX-License-Identifier: Apache-2.0
// What a storage promises, in the plainest way: all rows in a list, and for each member the set of
// rows that wait for it. A random walk is held against it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/storage/storage.hpp"

namespace kith::storage {

class StorageModel {
 public:
  using Names = std::vector<std::string>;

  struct Row {
    Seq seq;
    std::int64_t time;
    std::size_t order;  ///< over all conversations
    RowKind row;
    std::string id;
    std::string from;
    std::string text;
    bool deleted{false};
    Position position{0};
  };
  struct Member {
    Seq joined{0};
    bool here{true};
    std::int64_t left_time{0};
    Seq read{0};
    std::set<Seq> waits;
  };
  struct Log {
    ConversationKind kind{ConversationKind::Pair};
    ConversationKey key{0};  ///< 0 = not known yet
    std::vector<Row> rows;   ///< by number, from 1
    std::map<std::string, Member> members;
    Names order;  ///< those that are here

    bool isHere(const std::string& peer) const {
      const auto found = members.find(peer);
      return found != members.end() && found->second.here;
    }
  };
  struct Peer {
    bool online{false};
    bool known{false};
    std::vector<std::pair<std::size_t, std::size_t>> absences;  ///< (from, to], of orders
  };
  /// A row that waits.
  struct Waiting {
    const Log* log;
    const Row* row;
  };

  AppLimits limits;
  std::map<std::string, Log> logs;
  std::map<std::string, Peer> peers;

  Row& add(Log& log, RowKind kind, const std::string& id, const std::string& from,
           std::int64_t time, const std::string& text = {}) {
    if (!log.rows.empty()) time = std::max(time, log.rows.back().time);
    const Seq seq = static_cast<Seq>(log.rows.size()) + 1;
    log.rows.push_back({seq, time, ++order_, kind, id, from, text});
    return log.rows.back();
  }
  void join(Log& log, const std::string& peer, Seq joined) {
    Peer& known = peers[peer];
    if (!std::exchange(known.known, true) && !known.online) known.absences = {{0, kEver}};
    Member& member = log.members[peer];
    member.here = true;
    member.joined = joined;
    log.order.push_back(peer);
  }
  void leave(Log& log, const std::string& peer) {
    log.members[peer].here = false;
    log.members[peer].left_time = log.rows.back().time;
    std::erase(log.order, peer);
  }
  Row& append(Log& log, const std::string& id, const std::string& from, std::int64_t time,
              bool to_self) {
    Row& row = add(log, RowKind::Message, id, from, time, "text");
    if (log.kind == ConversationKind::OpenGroup) return row;
    for (auto& [peer, member] : log.members) {
      if (member.here && (to_self || peer != from)) member.waits.insert(row.seq);
    }
    return row;
  }
  void comes(const std::string& name) {
    Peer& peer = peers[name];
    if (std::exchange(peer.online, true) || !peer.known) return;
    peer.absences.back().second = order_;
  }
  void goes(const std::string& name) {
    Peer& peer = peers[name];
    if (std::exchange(peer.online, false) && peer.known) peer.absences.emplace_back(order_, kEver);
  }
  void settle(const std::string& name) {
    std::erase_if(peers[name].absences, [](const auto& each) { return each.second != kEver; });
  }
  /// A member that left so long ago that all of it is too old is forgotten.
  void expire(std::int64_t now) {
    for (auto& [id, log] : logs) {
      for (auto& [peer, member] : log.members) {
        if (!member.here && member.left_time < now - limits.offline_age_ms) member.waits.clear();
      }
    }
  }
  void acknowledge(const std::string& peer, const SeqRange& range) {
    for (auto& [id, log] : logs) {
      if (log.key == 0 || log.key != range.conversation) continue;
      const auto member = log.members.find(peer);
      if (member == log.members.end()) continue;
      auto& waits = member->second.waits;
      waits.erase(waits.lower_bound(range.first), waits.upper_bound(range.last));
    }
  }

  /// In the order of acceptance; without those that are too old.
  std::vector<Waiting> pending(const std::string& peer, std::int64_t now) const {
    std::vector<Waiting> all = unacknowledged(peer);
    std::erase_if(
        all, [&](const Waiting& each) { return each.row->time < now - limits.offline_age_ms; });
    return all;
  }
  std::vector<Waiting> unacknowledged(const std::string& peer) const {
    std::vector<Waiting> all;
    for (const auto& [id, log] : logs) {
      const auto member = log.members.find(peer);
      if (member == log.members.end()) continue;
      for (const Seq seq : member->second.waits) {
        const Row& row = log.rows[static_cast<std::size_t>(seq) - 1];
        if (!row.deleted) all.push_back({&log, &row});
      }
    }
    std::sort(all.begin(), all.end(),
              [](const Waiting& a, const Waiting& b) { return a.row->order < b.row->order; });
    return all;
  }
  /// What of it a first page has.
  std::vector<Waiting> limited(const std::string& peer, std::int64_t now) const {
    std::vector<Waiting> kept;
    const std::vector<Waiting> all = pending(peer, now);
    std::size_t absent = 0;
    for (std::size_t i = all.size(); i > 0; --i) {
      const Waiting& each = all[i - 1];
      if (wasAway(peer, each.row->order) && ++absent > limits.offline_messages) continue;
      if (kept.size() < limits.unacknowledged_messages) kept.push_back(each);
    }
    std::reverse(kept.begin(), kept.end());
    return kept;
  }
  std::int64_t unread(const Log& log, const std::string& peer, std::int64_t most) const {
    if (!log.isHere(peer)) return 0;
    const Member& member = log.members.at(peer);
    std::int64_t count = 0;
    for (const Row& row : log.rows) {
      if (row.seq <= std::max(member.read, member.joined) || row.row != RowKind::Message) continue;
      if (!row.deleted && row.from != peer && count < most) ++count;
    }
    return count;
  }

 private:
  static constexpr std::size_t kEver = SIZE_MAX;

  bool wasAway(const std::string& peer, std::size_t order) const {
    const auto& absences = peers.at(peer).absences;
    return std::any_of(absences.begin(), absences.end(), [&](const auto& each) {
      return order > each.first && order <= each.second;
    });
  }

  std::size_t order_{0};
};

}  // namespace kith::storage
