// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/requests.hpp"

#include <algorithm>

namespace kith::engine {
namespace {

constexpr std::uint64_t kSerials = 0x7fffffff;  // Android reads `i` as a 32-bit int (§3.2 R1)

bool answersSession(avos::Op op, RequestKind kind) {
  switch (op) {
    case avos::Op::Opened: return kind == RequestKind::Open;
    case avos::Op::Added: return kind == RequestKind::Watch;
    case avos::Op::Removed: return kind == RequestKind::Unwatch;
    case avos::Op::QueryResult: return kind == RequestKind::Query;
    case avos::Op::Closed: return kind == RequestKind::Close;
    case avos::Op::Error:
      return kind == RequestKind::Open || kind == RequestKind::Watch ||
             kind == RequestKind::Unwatch || kind == RequestKind::Query;
    default: return false;
  }
}

bool answersRoom(avos::Op op, RequestKind kind) {
  switch (op) {
    case avos::Op::Joined: return kind == RequestKind::Join;
    case avos::Op::Left: return kind == RequestKind::Leave;
    case avos::Op::Invited: return kind == RequestKind::Invite;
    case avos::Op::Kicked: return kind == RequestKind::Kick;
    case avos::Op::Reject:
      return kind == RequestKind::Join || kind == RequestKind::Leave ||
             kind == RequestKind::Invite || kind == RequestKind::Kick;
    default: return false;
  }
}

}  // namespace

bool answers(const avos::Command& command, RequestKind kind) {
  switch (command.cmd) {
    case avos::Cmd::Session: return answersSession(command.op, kind);
    case avos::Cmd::Room: return answersRoom(command.op, kind);
    case avos::Cmd::Ack: return kind == RequestKind::Send;
    case avos::Cmd::Error: return kind != RequestKind::Close;
    default: return false;
  }
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

std::optional<Request> Requests::take(const avos::Command& command, SessionRef session,
                                      base::Millis now) {
  if (command.i.kind == avos::Serial::Kind::Integer) {
    if (command.i.number < 1 || command.i.number > static_cast<std::int64_t>(kSerials)) return {};
    const auto number = static_cast<std::uint64_t>(command.i.number - 1);
    const std::uint64_t at = (number + kSerials - (first_ - start_) % kSerials) % kSerials;
    if (at >= ring_.size()) return {};
    Request& request = ring_[at];
    if (request.settled || request.session != session || !answers(command, request.kind)) return {};
    const Request found = request;
    settle(request, now);
    echoed_ = true;
    return found;
  }
  if (command.i.kind == avos::Serial::Kind::Text) return {};  // never ours
  for (std::size_t at = 0; at < ring_.size(); ++at) {
    Request& request = ring_[at];
    if (request.settled || request.session != session || !answers(command, request.kind)) continue;
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
