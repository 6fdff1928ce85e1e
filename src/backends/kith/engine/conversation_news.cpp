// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_news.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "backends/kith/engine/conversation_fields.hpp"
#include "json/json_value.hpp"

namespace kith::engine {
namespace {

using json::JsonValue;
using leancloud::Command;
using leancloud::Op;

using Names = std::vector<std::string>;

std::uint64_t hashOf(std::string_view text) { return std::hash<std::string_view>{}(text); }

std::uint64_t keyOf(std::string_view kind, std::string_view id, std::string_view by,
                    std::int64_t time) {
  std::string text(kind);
  text.append(1, '\n').append(id).append(1, '\n').append(by).append(1, '\n');
  return hashOf(text += std::to_string(time));
}

/// Of members that came or went; in whatever order they are named.
News membersNews(bool joined, std::string group, Names peers, std::string by, std::int64_t time) {
  std::uint64_t key = keyOf(joined ? "joined" : "left", group, by, time);
  for (const std::string& peer : peers) key += hashOf(peer);
  return {time, key, MembersChanged{std::move(group), joined, std::move(peers), std::move(by)}};
}

/// Of the peer that hears it.
News ownNews(bool joined, std::string group, std::string by, std::string_view peer,
             std::int64_t time) {
  const std::uint64_t key = keyOf(joined ? "in" : "out", group, by, time);
  if (!joined) return {time, key, GroupLeft{std::move(group), std::move(by)}};
  if (by == peer) return {time, key, GroupJoined{std::move(group)}};
  return {time, key, GroupInvited{std::move(group), std::move(by)}};
}

News updateNews(std::string group, std::string by, std::string attributes, std::int64_t time) {
  const std::uint64_t key = keyOf("updated", group, by, time);
  return {time, key, ConversationUpdated{std::move(group), std::move(by), std::move(attributes)}};
}

News patchNews(const leancloud::PatchItem& item, std::string_view peer) {
  const std::int64_t time = item.patch_timestamp.value_or(0);
  News news{time, keyOf("patch", textOf(item.mid), {}, time), {}};
  if (item.recall.value_or(false)) {
    news.event = MessageRecalled{textOf(item.cid), textOf(item.mid), textOf(item.from),
                                 timestampOf(item.timestamp), timestampOf(item.patch_timestamp)};
    return news;
  }
  MessageEdited edited;
  edited.conversation_id = textOf(item.cid);
  fillContent(edited.message, item.data, item.binary_msg);
  edited.message.group_id = edited.conversation_id;
  edited.message.id = textOf(item.mid);
  edited.message.from = textOf(item.from);
  edited.message.timestamp = timestampOf(item.timestamp);
  edited.message.edited_at = timestampOf(item.patch_timestamp);
  fillMentions(edited.message, item.mention_pids, item.mention_all.value_or(false), peer);
  news.event = std::move(edited);
  return news;
}

/// What an op tells of standings.
struct StandingNews {
  PeerStanding standing;
  bool on;
  bool own;  ///< it is this peer, which the command does not name
};

std::optional<StandingNews> standingNewsOf(Op op) {
  switch (op) {
    case Op::Shutuped: return StandingNews{PeerStanding::Silenced, true, true};
    case Op::Unshutuped: return StandingNews{PeerStanding::Silenced, false, true};
    case Op::Blocked: return StandingNews{PeerStanding::Blocked, true, true};
    case Op::Unblocked: return StandingNews{PeerStanding::Blocked, false, true};
    case Op::MembersShutuped: return StandingNews{PeerStanding::Silenced, true, false};
    case Op::MembersUnshutuped: return StandingNews{PeerStanding::Silenced, false, false};
    case Op::MembersBlocked: return StandingNews{PeerStanding::Blocked, true, false};
    case Op::MembersUnblocked: return StandingNews{PeerStanding::Blocked, false, false};
    default: return {};
  }
}

// This peer hears of itself once: what is told to all members of it is told to it alone, too.
std::optional<News> standingNews(const leancloud::ConvCommand& conv, const StandingNews& news,
                                 std::string_view reader) {
  StandingChanged changed;
  changed.conversation_id = textOf(conv.cid);
  changed.standing = news.standing;
  changed.on = news.on;
  changed.by = textOf(conv.init_by);
  if (news.own) {
    changed.peers = {std::string(reader)};
  } else {
    for (const std::string_view peer : conv.members) {
      if (peer != reader) changed.peers.emplace_back(peer);
    }
  }
  if (changed.peers.empty()) return {};
  return News{0, 0, std::move(changed)};
}

News roleNews(const leancloud::ConvCommand& conv) {
  StandingChanged changed;
  changed.conversation_id = textOf(conv.cid);
  changed.on = conv.info->role == std::string_view("Manager");
  changed.peers = {textOf(conv.info->pid)};
  changed.by = textOf(conv.init_by);
  return {0, 0, std::move(changed)};
}

std::optional<News> conversationNews(const Command& command, const leancloud::ConvCommand& conv,
                                     std::string_view peer) {
  const Op op = command.op.value_or(Op::Unknown);
  if (const auto news = standingNewsOf(op)) return standingNews(conv, *news, peer);
  if (op == Op::MemberInfoChanged && conv.info) return roleNews(conv);
  if (op != Op::Updated) return {};
  std::string attributes(conv.attr ? conv.attr->text : std::string_view());
  return updateNews(textOf(conv.cid), textOf(conv.init_by), std::move(attributes),
                    command.server_ts.value_or(0));
}

Names textsIn(const JsonValue& object, std::string_view name) {
  Names texts;
  const JsonValue* const found = object.find(name);
  if (found == nullptr) return texts;
  for (const JsonValue& item : found->items) {
    if (item.is(JsonValue::Kind::Text)) texts.push_back(item.text);
  }
  return texts;
}

/// What would have been heard of it live.
void addChange(const JsonValue& change, std::int64_t time, std::string_view peer,
               std::vector<News>& news) {
  const std::string group = change.textOf("cid");
  const std::string by = change.textOf("initBy");
  const std::string op = change.textOf("op");
  if (op == "updated") {
    const JsonValue* const fields = change.find("attr");
    std::string attributes = fields != nullptr ? json::formatJson(*fields) : "{}";
    return news.push_back(updateNews(group, by, std::move(attributes), time));
  }
  const bool joined = op == "members-joined";
  if (!joined && op != "members-left") return;
  Names peers = textsIn(change, "m");
  const bool named = std::find(peers.begin(), peers.end(), peer) != peers.end();
  if (named && (!joined || by != peer)) news.push_back(ownNews(joined, group, by, peer, time));
  if (!named || joined) {
    news.push_back(membersNews(joined, group, std::move(peers), by, time));
  }
}

}  // namespace

std::vector<News> newsOf(const Command& command, std::string_view peer) {
  std::vector<News> news;
  if (const auto* patch = command.as<leancloud::PatchCommand>()) {
    for (const leancloud::PatchItem& item : patch->patches) news.push_back(patchNews(item, peer));
  } else if (const auto* unread = command.as<leancloud::UnreadCommand>()) {
    for (const leancloud::UnreadTuple& tuple : unread->convs) {
      news.push_back({0, 0, UnreadChanged{countOf(tuple)}});
    }
  } else if (const auto* conv = command.as<leancloud::ConvCommand>()) {
    if (auto told = conversationNews(command, *conv, peer)) news.push_back(std::move(*told));
  }
  return news;
}

std::vector<News> newsOf(const avos::RoomEvent& event, std::string_view peer) {
  using RoomOp = avos::RoomEvent::Op;
  std::vector<News> news;
  const std::string group(event.room);
  const std::string by(event.by);
  const avos::IdList named = event.peers.value_or(avos::IdList());
  Names peers(named.begin(), named.end());
  switch (event.op) {
    case RoomOp::Joined: news.push_back(ownNews(true, group, by, peer, event.time)); break;
    case RoomOp::Left: news.push_back(ownNews(false, group, by, peer, event.time)); break;
    case RoomOp::MembersJoined:
      news.push_back(membersNews(true, group, std::move(peers), by, event.time));
      break;
    case RoomOp::MembersLeft:
      news.push_back(membersNews(false, group, std::move(peers), by, event.time));
      break;
    default: break;  // an answer to something that is over
  }
  return news;
}

bool readChanges(std::string_view list, std::string_view peer, std::vector<News>& news,
                 std::int64_t& last) {
  const Result<JsonValue> parsed = json::parseJson(list, "results");
  if (!parsed || !parsed->is(JsonValue::Kind::List)) return false;
  for (const JsonValue& change : parsed->items) {
    const JsonValue* const time = change.find("serverTs");
    if (time == nullptr) return false;
    last = time->integer().value_or(0);
    addChange(change, last, peer, news);
  }
  return true;
}

}  // namespace kith::engine
