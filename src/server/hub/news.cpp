// SPDX-License-Identifier: Apache-2.0
#include "server/hub/news.hpp"

#include <kith/limits.hpp>

#include <algorithm>

namespace kith::hub {
namespace {

using wire::Command;
using wire::Field;

// News of a session are told in three rounds, each with one status. A peer's own comings and goings
// are in the order they happened: it is in one or more rounds that follow each other. Peers among
// themselves have no order.
constexpr std::uint32_t kOff = 1;
constexpr std::uint32_t kOn = 2;
constexpr std::uint32_t kOffAgain = 4;
constexpr std::uint32_t kAllRounds = kOff | kOn | kOffAgain;

// More places than this are given back after a turn: a storm must not hold its memory for ever.
constexpr std::size_t kKeptWatchers = 4096;

// All of a frame but its ids.
constexpr std::size_t kFrameWords =
    std::string_view(
        R"({"peerId":,"cmd":"presence","appId":"","status":"off","sessionPeerIds":[]})")
        .size();

/// The round in which a peer's next change is told; 0 if its last news say the same.
std::uint32_t roundOf(std::uint32_t news, bool online) {
  if (online) return (news & kOn) != 0 && (news & kOffAgain) == 0 ? 0 : kOn;
  if ((news & kOn) != 0) return (news & kOffAgain) != 0 ? 0 : kOffAgain;
  return (news & kOff) != 0 ? 0 : kOff;
}

}  // namespace

bool News::add(Session& session, std::uint32_t watch, bool online) {
  Watch& its = session.watches[watch];
  const std::uint32_t round = roundOf(its.news, online);
  if (round == 0) return true;
  if ((its.news & round) != 0) return false;
  told_.clear();
  if (session.news == 0) {
    watchers_.emplace_back(&session);
    session.first_news = watch;
  } else if (its.news == 0) {
    session.watches[session.last_news].next_news = watch & kNoWatch;
  }
  if (its.news == 0) {
    its.next_news = kNoWatch;
    session.last_news = watch;
  }
  its.news = (its.news | round) & kAllRounds;
  session.news |= round;
  return true;
}

const wire::SharedFrame* News::next(Session& session, wire::Encoder& encoder) {
  if (session.news == 0) return nullptr;
  const std::uint32_t round = session.news & (~session.news + 1);  // the lowest bit
  choose(session, round);
  const bool online = round == kOn;
  if (chosen_ != told_ || online != told_online_) encode(session, online, encoder);
  return &frame_;
}

void News::choose(Session& session, std::uint32_t round) {
  const Peer& watcher = *session.peer;
  const std::size_t words = kFrameWords + watcher.app.options.id.size() + watcher.quoted.size();
  std::size_t left = limits::kFrameBytes - std::min(limits::kFrameBytes, words);
  chosen_.clear();
  std::uint32_t at = session.first_news;
  for (; at != kNoWatch; at = session.watches[at].next_news) {
    Watch& watch = session.watches[at];
    if ((watch.news & round) == 0) continue;
    const std::size_t size = watch.peer->quoted.size() + 1;
    if (size > left && !chosen_.empty()) break;
    left -= std::min(left, size);
    watch.news = watch.news & ~round & kAllRounds;
    chosen_.push_back(watch.peer.get());
  }
  if (at == kNoWatch) session.news &= ~round;
  // Who has been told for good need not be looked at for the next frame.
  while (session.first_news != kNoWatch && session.watches[session.first_news].news == 0) {
    session.first_news = session.watches[session.first_news].next_news;
  }
}

void News::encode(const Session& session, bool online, wire::Encoder& encoder) {
  ids_.clear();
  for (const Peer* peer : chosen_) ids_.push_back(peer->id);
  Command frame;
  frame.cmd = wire::Cmd::Presence;
  frame.set(Field::AppId, &Command::app_id, std::string_view(session.peer->app.options.id));
  frame.set(Field::Status, &Command::online, online);
  frame.set(Field::SessionPeerIds, &Command::session_peer_ids, wire::IdList(ids_));
  encoder.encodeShared(frame, frame_);
  told_.swap(chosen_);
  told_online_ = online;
}

void News::drop(Session& session) {
  if (session.news == 0) return;
  session.news = 0;
  for (std::uint32_t at = session.first_news; at != kNoWatch; at = session.watches[at].next_news) {
    session.watches[at].news = 0;
  }
}

void News::forgetWatchers() {
  watchers_.clear();
  if (watchers_.capacity() > kKeptWatchers) watchers_.shrink_to_fit();
}

}  // namespace kith::hub
