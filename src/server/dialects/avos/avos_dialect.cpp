// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/avos/avos_dialect.hpp"

#include <array>
#include <utility>

#include "base/close_codes.hpp"
#include "server/core/model.hpp"
#include "sign/signer.hpp"

namespace kith::dialects {
namespace {

core::Proof proofIn(const std::optional<avos::SignatureFields>& signature) {
  if (!signature) return {};
  return {true, signature->signature, signature->nonce, signature->time_text, signature->time};
}

using Intended = decltype(core::Intent::body);

/// What a client asks for; frames that only servers send are unknown here.
struct Reading {
  const avos::Frame& frame;
  AvosWords words;

  Intended operator()(const avos::Heartbeat&) const { return core::Heartbeat{}; }
  Intended operator()(const avos::Login&) const { return core::Login{}; }
  Intended operator()(const avos::SessionOpen& body) const {
    core::OpenSession open;
    open.watched = body.peers;
    open.wants_super = body.is_super;
    open.proof = proofIn(body.signature);
    return open;
  }
  Intended operator()(const avos::SessionAdd& body) const {
    return core::WatchPeers{body.peers, proofIn(body.signature)};
  }
  Intended operator()(const avos::SessionRemove& body) const {
    return core::UnwatchPeers{body.peers};
  }
  Intended operator()(const avos::SessionQuery& body) const {
    return core::QueryPresence{body.peers};
  }
  Intended operator()(const avos::SessionClose&) const { return core::CloseSession{}; }
  // An empty roomId is none: the id comes first where both are there (avos-v1 §4.2).
  Intended operator()(const avos::Direct& body) const {
    core::SendMessage send;
    send.group = body.room;
    send.to = body.to.value_or(core::IdList());
    send.text = body.text;
    send.dedupe = body.dedupe;
    send.transient = body.transient;
    send.receipt_wanted = body.receipt_wanted;
    if (words == AvosWords::Original) {
      if (body.binary) send.text = {};
      return send;
    }
    send.binary = body.binary;
    send.mentions = body.mentions;
    send.mention_all = body.mention_all;
    send.will = body.will;
    return send;
  }
  Intended operator()(const avos::Ack& body) const {
    if (body.ids) return core::Acknowledge{body.ids};
    if (!body.id.empty()) return core::Acknowledge{core::IdList(&body.id, 1)};
    return core::Acknowledge{};  // D0: everything this peer got on this connection (§17 Q28)
  }
  Intended operator()(const avos::RoomRequest& body) const {
    constexpr std::array kChanges{core::MemberChange::Join, core::MemberChange::Leave,
                                  core::MemberChange::Invite, core::MemberChange::Kick};
    return core::ChangeMembers{kChanges[static_cast<std::size_t>(body.op)], body.room, body.peers,
                               body.transient, proofIn(body.signature)};
  }
  template <typename Other>
  Intended operator()(const Other&) const {
    return core::Unknown{frame.peer_id.has_value()};
  }
};

avos::Reason reasonOf(int code) { return {code, base::closeReason(code)}; }

/// How a notice is said.
struct Spelling {
  const core::Notice& notice;
  AvosWords words;
  std::vector<std::string_view>& mentions;  ///< memory that a message points into

  /// Times that v1 does not say.
  std::int64_t timeFor(std::int64_t time) const { return words == AvosWords::Kith ? time : 0; }

  avos::Body operator()(const core::HeartbeatReply&) const { return avos::Heartbeat{}; }
  avos::Body operator()(const core::SessionReply& reply) const {
    switch (reply.to) {
      case core::SessionReply::To::Open:
        return avos::SessionOpened{reply.peers, timeFor(reply.now)};
      case core::SessionReply::To::Watch: return avos::SessionAdded{reply.peers};
      case core::SessionReply::To::Unwatch: return avos::SessionRemoved{reply.peers};
      case core::SessionReply::To::Query: return avos::SessionQueryResult{reply.peers};
      default: return avos::SessionClosed{};
    }
  }
  avos::Body operator()(const core::SessionRefused& refused) const {
    return avos::SessionError{reasonOf(refused.code)};
  }
  avos::Body operator()(const core::SessionEnded& ended) const {
    avos::Reason reason = reasonOf(ended.code);
    if (!ended.reason.empty()) reason.text = ended.reason;
    return avos::SessionClosed{reason};
  }
  avos::Body operator()(const core::MessageReply& reply) const {
    avos::Ack ack;
    ack.uid = reply.id;
    ack.time = reply.timestamp;
    if (reply.code != 0) ack.refused = reasonOf(reply.code);
    return ack;
  }
  avos::Body operator()(const core::MembersReply& reply) const {
    constexpr std::array kOps{avos::RoomEvent::Op::Joined, avos::RoomEvent::Op::Left,
                              avos::RoomEvent::Op::Invited, avos::RoomEvent::Op::Kicked};
    avos::RoomEvent event;
    event.op = kOps[static_cast<std::size_t>(reply.to)];
    event.room = reply.group;
    // Without it iOS never calls back for a created group (§9.2, §16.9).
    event.by = notice.peer_id.value_or(std::string_view());
    const bool of_others =
        reply.to == core::MemberChange::Invite || reply.to == core::MemberChange::Kick;
    if (of_others) event.peers = reply.changed;
    event.time = timeFor(reply.time);
    return event;
  }
  avos::Body operator()(const core::MembersRefused& refused) const {
    return avos::RoomReject{refused.group, refused.peers, reasonOf(refused.code)};
  }
  avos::Body operator()(const core::Refused& refused) const {
    return avos::Failure{reasonOf(refused.code)};
  }
  avos::Body operator()(const core::Message& message) const {
    avos::Direct direct;
    direct.from = message.from;
    direct.room = message.group;
    direct.text = message.text;
    direct.id = message.id;
    direct.timestamp = message.timestamp;
    direct.to = message.to;
    direct.offline = message.offline;
    direct.transient = message.transient;
    if (words == AvosWords::Kith && !message.extra.empty()) addExtra(message, direct);
    return direct;
  }
  avos::Body operator()(const core::Receipt& receipt) const {
    return avos::Receipt{receipt.id, receipt.time};
  }
  avos::Body operator()(const core::PresenceChanged& change) const {
    return avos::Presence{change.online, change.peers};
  }
  avos::Body operator()(const core::MembersChanged& change) const {
    using Op = avos::RoomEvent::Op;
    return avos::RoomEvent{change.joined ? Op::MembersJoined : Op::MembersLeft, change.group,
                           change.peers, change.by, timeFor(change.time)};
  }
  avos::Body operator()(const core::RequestRefused& refused) const {
    return avos::Failure{reasonOf(refused.code)};
  }
  /// The answers to what no client of v1 can ask for.
  template <typename Other>
  avos::Body operator()(const Other&) const {
    return avos::Failure{reasonOf(base::kUnparseableRawMessage)};
  }
  avos::Body operator()(const core::MembershipChanged& change) const {
    using Op = avos::RoomEvent::Op;
    return avos::RoomEvent{
        change.joined ? Op::Joined : Op::Left, change.group, {}, change.by, timeFor(change.time)};
  }

 private:
  void addExtra(const core::Message& message, avos::Direct& direct) const {
    auto extra = storage::MessageExtra::unpack(message.extra);
    direct.binary = extra.binary;
    direct.mention_all = extra.mention_all;
    mentions = std::move(extra.mentions);
    direct.mentions = mentions;
  }
};

template <typename MakeText>
bool isSignedInEitherOrder(sign::Signer& signer, std::string_view signature, MakeText makeText) {
  // §10 "Sort order": bytes first, then the order of JavaScript's sort.
  return signer.verify(makeText(sign::IdOrder::Utf8), signature) ||
         signer.verify(makeText(sign::IdOrder::Utf16), signature);
}

std::string_view groupAction(core::SignedRequest::Action action) {
  switch (action) {
    case core::SignedRequest::Action::Invite: return "invite";
    case core::SignedRequest::Action::Kick: return "kick";
    default: return "join";
  }
}

}  // namespace

Result<core::Intent> AvosDialect::read(char* frame, std::size_t size) {
  auto decoded = decoder_.decode(frame, size);
  if (!decoded) return decoded.error();
  frame_ = *decoded;
  core::Intent intent{frame_.i, frame_.app_id, frame_.peer(), core::Unknown{}};
  if (frame_.i.text.size() > core::kSerialBytes) {
    intent.i = {};
    intent.body = core::Unknown{frame_.peer_id.has_value()};
  } else {
    intent.body = std::visit(Reading{frame_, words_}, frame_.body);
  }
  return intent;
}

avos::Frame AvosDialect::frameOf(const core::Notice& notice) {
  avos::Frame frame{
      notice.i, {}, notice.peer_id, std::visit(Spelling{notice, words_, mentions_}, notice.body)};
  // A message does not say its app (§5.2).
  if (!notice.app_id.empty() && !frame.is<avos::Direct>()) frame.app_id = notice.app_id;
  return frame;
}

void AvosDialect::write(const core::Notice& notice, std::string& out) {
  encoder_.encode(frameOf(notice), out);
}

void AvosDialect::writeShared(const core::Notice& notice, core::SharedFrame& out) {
  encoder_.encodeShared(frameOf(notice), out.bytes);
}

std::array<std::string_view, 3> AvosDialect::partsFor(const core::SharedFrame& frame,
                                                      const core::Peer& to) {
  return {avos::kSharedHead, to.quoted, frame.bytes};
}

bool AvosDialect::isSigned(const core::SignedRequest& request, sign::Signer& signer) const {
  using Action = core::SignedRequest::Action;
  const core::Proof& proof = request.proof;
  if (request.action != Action::Open && request.action != Action::Watch) {
    return isSignedInEitherOrder(signer, proof.signature, [&](sign::IdOrder order) {
      return sign::groupText(request.app_id, request.peer_id, request.group, request.ids,
                             proof.time_text, proof.nonce, groupAction(request.action), order);
    });
  }
  const auto is = [&](std::string_view suffix) {
    return isSignedInEitherOrder(signer, proof.signature, [&](sign::IdOrder order) {
      return sign::sessionText(request.app_id, request.peer_id, request.ids, proof.time_text,
                               proof.nonce, suffix, order);
    });
  };
  // §17 Q1: both suffixes were documented.
  return request.wants_super ? is("sp") || is("su") : is({});
}

}  // namespace kith::dialects
