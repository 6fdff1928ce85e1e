// SPDX-License-Identifier: Apache-2.0
// Bugs that are planted between the hub and the network.
#include <algorithm>
#include <utility>

#include "support/sim/server.hpp"

namespace kith::sim {
namespace {

bool has(const std::string& frame, std::string_view what) {
  return frame.find(what) != std::string::npos;
}

bool isMessage(const std::string& frame) { return has(frame, R"("cmd":"direct")"); }

/// The number that the text of a message begins with.
std::size_t messageIn(const std::string& frame) {
  constexpr std::string_view kText = R"("msg":")";
  const std::size_t at = frame.find(kText);
  if (at == std::string::npos) return SIZE_MAX;
  return Ledger::numberOf(std::string_view(frame).substr(at + kText.size()));
}

/// Where a frame says which request it answers; empty: it answers none.
std::string serialIn(const std::string& frame) {
  const std::size_t at = frame.find(R"("i":)");
  return at == std::string::npos ? std::string()
                                 : frame.substr(at, frame.find_first_of(",}", at) - at);
}

}  // namespace

bool Server::spoiled(LinkId link, std::string& frame) {
  switch (plan_.bug) {
    case Bug::PresenceDropped: return has(frame, R"("cmd":"presence")") && dice_.chance(0.3);
    case Bug::ClientDedupeForgotten: {
      const std::size_t at = frame.find(R"("id":")");
      if (has(frame, R"("offline":true)") && at != std::string::npos) {
        frame[at + 6] = frame[at + 6] == 'A' ? 'B' : 'A';
      }
      return false;
    }
    case Bug::RepliesSwapped:
      return has(frame, R"("cmd":"ack")") && has(frame, R"("uid":)") && changesPlaces(link, frame);
    case Bug::MessagesSwapped: return isMessage(frame) && changesPlaces(link, frame);
    case Bug::AnswerOutOfOrder:
      if (isMessage(frame)) held_.push_back({link, frame});
      return isMessage(frame);
    case Bug::ReplyAfterNotice: return lags(link, frame);
    case Bug::MembersNoticeDropped: return has(frame, R"("op":"members-)") && dice_.chance(0.2);
    default: return false;
  }
}

bool Server::changesPlaces(LinkId link, std::string& frame) {
  if (held_back_.empty()) {
    if (!dice_.chance(0.2)) return false;
    held_back_ = std::to_string(link) + ' ' + frame;
    return true;
  }
  const std::string mine = std::to_string(link) + ' ';
  if (held_back_.compare(0, mine.size(), mine) != 0) return false;
  std::string first = held_back_.substr(mine.size());
  held_back_.clear();
  if (plan_.bug == Bug::RepliesSwapped) {
    // The answers change places: each keeps its number, and gets the other's words.
    const std::string a = serialIn(first), b = serialIn(frame);
    if (!a.empty() && !b.empty()) {
      first.replace(first.find(a), a.size(), b);
      frame.replace(frame.find(b), b.size(), a);
    }
  }
  network_.write(link, false, Frame::Text, frame);
  network_.write(link, false, Frame::Text, first);
  return true;
}

/// A reply waits for the first notice behind it, but not for another reply, nor beyond the step.
bool Server::lags(LinkId link, const std::string& frame) {
  const auto held =
      std::find_if(held_.begin(), held_.end(), [&](const Held& each) { return each.link == link; });
  if (!serialIn(frame).empty()) {
    if (held != held_.end()) {
      network_.write(link, false, Frame::Text, held->frame);
      held_.erase(held);
    }
    const bool tells = has(frame, R"("cmd":"ack")") || has(frame, R"("cmd":"room")");
    if (!tells || !dice_.chance(0.3)) return false;
    held_.push_back({link, frame});
    return true;
  }
  const bool notice = isMessage(frame) || has(frame, R"("op":"members-)");
  if (!notice || held == held_.end()) return false;
  network_.write(link, false, Frame::Text, frame);
  network_.write(link, false, Frame::Text, held->frame);
  held_.erase(held);
  return true;
}

void Server::release() {
  if (plan_.bug == Bug::AnswerOutOfOrder) {
    std::stable_sort(held_.begin(), held_.end(), [&](const Held& a, const Held& b) {
      return disk_.rankOf(messageIn(a.frame)) < disk_.rankOf(messageIn(b.frame));
    });
  }
  for (const Held& held : held_) network_.write(held.link, false, Frame::Text, held.frame);
  held_.clear();
}

}  // namespace kith::sim
