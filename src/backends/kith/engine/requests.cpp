// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/requests.hpp"

#include <algorithm>

namespace kith::engine {
namespace {

constexpr std::uint64_t kSerials = 0x7fffffff;  // Android reads `i` as a 32-bit int (§3.2 R1)

bool isAboutGroup(RequestKind kind) {
  return kind == RequestKind::Join || kind == RequestKind::Leave || kind == RequestKind::Invite ||
         kind == RequestKind::Kick;
}

/// Whether a body answers a request of the kind.
struct Answers {
  RequestKind kind;

  bool operator()(const avos::SessionOpened&) const { return kind == RequestKind::Open; }
  bool operator()(const avos::SessionAdded&) const { return kind == RequestKind::Watch; }
  bool operator()(const avos::SessionRemoved&) const { return kind == RequestKind::Unwatch; }
  bool operator()(const avos::SessionQueryResult&) const { return kind == RequestKind::Query; }
  bool operator()(const avos::SessionClosed&) const { return kind == RequestKind::Close; }
  bool operator()(const avos::SessionError&) const {
    return kind == RequestKind::Open || kind == RequestKind::Watch ||
           kind == RequestKind::Unwatch || kind == RequestKind::Query;
  }
  bool operator()(const avos::RoomEvent& event) const {
    switch (event.op) {
      case avos::RoomEvent::Op::Joined: return kind == RequestKind::Join;
      case avos::RoomEvent::Op::Left: return kind == RequestKind::Leave;
      case avos::RoomEvent::Op::Invited: return kind == RequestKind::Invite;
      case avos::RoomEvent::Op::Kicked: return kind == RequestKind::Kick;
      default: return false;
    }
  }
  bool operator()(const avos::RoomReject&) const { return isAboutGroup(kind); }
  /// A will is a call on a conversation.
  bool operator()(const avos::Ack&) const {
    return kind == RequestKind::Send || kind == RequestKind::Conversation;
  }
  bool operator()(const avos::Failure&) const { return kind != RequestKind::Close; }
  template <typename Other>
  bool operator()(const Other&) const {
    return false;
  }
};

}  // namespace

bool answers(const avos::Frame& frame, RequestKind kind) {
  return std::visit(Answers{kind}, frame.body);
}

std::int64_t Requests::add(Requester& requester, RequestKind kind, std::uint64_t tag,
                           base::Millis now) {
  const std::uint64_t number = first_ + ring_.size();
  const bool chained = requester.latest >= first_;
  const auto back = chained ? static_cast<std::uint32_t>(number - requester.latest) : 0;
  requester.latest = number;
  // `close` is answered by some servers only, so it has no timeout; it keeps its place for the
  // serial.
  ring_.push({requester.session, kind, kind == RequestKind::Close, back, tag, now});
  if (kind == RequestKind::Close && ring_.size() == 1) {
    ring_.pop();
    ++first_;
  }
  return static_cast<std::int64_t>((number - start_) % kSerials + 1);
}

/// The request with this serial; null when it has an answer, or is another session's.
Request* Requests::find(std::int64_t serial, SessionRef session) {
  if (serial < 1 || serial > static_cast<std::int64_t>(kSerials)) return nullptr;
  const auto number = static_cast<std::uint64_t>(serial - 1);
  const std::uint64_t at = (number + kSerials - (first_ - start_) % kSerials) % kSerials;
  if (at >= ring_.size()) return nullptr;
  Request& request = ring_[at];
  return request.settled || request.session != session ? nullptr : &request;
}

std::optional<Request> Requests::takeConversation(std::int64_t serial, SessionRef session,
                                                  base::Millis now) {
  Request* const request = find(serial, session);
  if (request == nullptr || request->kind != RequestKind::Conversation) return {};
  const Request found = *request;
  settle(*request, now);
  return found;
}

std::optional<Request> Requests::take(const avos::Frame& frame, SessionRef session,
                                      base::Millis now) {
  if (frame.i.kind == avos::Serial::Kind::Integer) {
    Request* const request = find(frame.i.number, session);
    if (request == nullptr || !answers(frame, request->kind)) return {};
    const Request found = *request;
    settle(*request, now);
    echoed_ = true;
    return found;
  }
  if (frame.i.kind == avos::Serial::Kind::Text) return {};  // never ours
  for (std::size_t at = 0; at < ring_.size(); ++at) {
    Request& request = ring_[at];
    if (request.settled || request.session != session || !answers(frame, request.kind)) continue;
    const Request found = request;
    settle(request, now);
    return found;
  }
  return {};
}

void Requests::settle(Request& request, base::Millis now) {
  request.settled = true;
  while (!ring_.empty() && ring_.front().settled) {
    ring_.pop();
    ++first_;
    progress_ = now;
  }
}

/// From the latest on, as long as `look` says so.
template <typename Look>
void Requests::eachOf(const Requester& requester, Look look) const {
  for (std::uint64_t number = requester.latest; number >= first_;) {
    const Request& request = ring_[number - first_];
    ++looks_;
    if (!look(number - first_) || request.back == 0) return;
    number -= request.back;
  }
}

void Requests::forget(Requester& requester) {
  eachOf(requester, [this](std::size_t at) { return ring_[at].settled = true; });
  requester.latest = 0;
  while (!ring_.empty() && ring_.front().settled) {
    ring_.pop();
    ++first_;
  }
}

bool Requests::waitsFor(const Requester& requester) const {
  bool waits = false;
  eachOf(requester, [&](std::size_t at) {
    waits = !ring_[at].settled;
    return !waits;
  });
  return waits;
}

void Requests::clear() {
  first_ = start_ = first_ + ring_.size();
  ring_.clear();
  echoed_ = false;
  progress_ = base::Millis::min();
}

base::Millis Requests::deadline(base::Millis timeout) const {
  if (ring_.empty() || timeout.count() <= 0) return base::kNever;
  return std::max(ring_.front().sent, progress_) + timeout;
}

}  // namespace kith::engine
