// SPDX-License-Identifier: Apache-2.0
#include "base/close_codes.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/redact.hpp"

namespace kith::base {
namespace {

struct Row {
  int code;
  std::string_view name;
  CloseClass kind;
  Errc errc;
  int limit;
  std::string_view cure;  ///< what happened and what next
};

constexpr auto T = CloseClass::Transient;
constexpr auto R = CloseClass::Renew;
constexpr auto F = CloseClass::Final;

// A limit stands where the cause is likely to be what we send again ourselves: the same frame, the
// same signer's key, the same order of commands.
constexpr Row kRows[] = {
    {0, "", T, Errc::NetworkDown, 0, "the connection was lost; it is opened again"},
    {1000, "", T, Errc::NetworkDown, 0, "the server closed the connection; it is opened again"},
    {1001, "", T, Errc::NetworkDown, 0, "the server is going away; the connection is opened again"},
    {1002, "", T, Errc::ProtocolError, 3, "the server saw a broken WebSocket frame"},
    {1003, "", T, Errc::ProtocolError, 3, "the server does not take this kind of frame"},
    {1005, "", T, Errc::NetworkDown, 0,
     "the connection was closed without a code; it is opened again"},
    {1006, "", T, Errc::NetworkDown, 0, "the connection broke; it is opened again"},
    {1007, "", T, Errc::ProtocolError, 3, "the server could not read a frame's text"},
    {1008, "", T, Errc::Rejected, 3, "the server's policy refused the connection"},
    {1009, "", T, Errc::MessageTooLong, 3, "a frame was too big for the server"},
    {1010, "", F, Errc::ProtocolError, 0, "the server misses a WebSocket extension"},
    {1011, "", T, Errc::ServerBusy, 0, "the server had a fault; the connection is opened again"},
    {1012, "", T, Errc::ServerBusy, 0, "the server restarts; the connection is opened again"},
    {1013, "", T, Errc::ServerBusy, 0, "the server is busy; the connection is opened again"},
    {1014, "", T, Errc::ServerBusy, 0, "a gateway failed; the connection is opened again"},
    {4100, "APP_NOT_AVAILABLE", F, Errc::AppNotAvailable, 0,
     "the server does not know this app id, or messaging is off for it; check Options::app_id"},
    {4101, "DUPLICATED_LOGIN", F, Errc::Kicked, 0, "this device has logged in a second time"},
    {4102, "SIGNATURE_FAILED", R, Errc::SignatureFailed, 3,
     "the signature was not accepted; check the signer's master key, app id and clock"},
    {4103, "INVALID_LOGIN", F, Errc::InvalidPeerId, 0,
     "the peer id was not accepted; it must have 1 to 64 characters"},
    {4105, "SESSION_REQUIRED", T, Errc::NotOpen, 3,
     "something was sent before the session was open; it is opened again"},
    {4106, "BLACKLISTED", F, Errc::Blacklisted, 0, "this peer is barred from the service"},
    {4107, "READ_TIMEOUT", T, Errc::NetworkDown, 0,
     "the server heard nothing for too long; the connection is opened again"},
    {4108, "LOGIN_TIMEOUT", T, Errc::Timeout, 3,
     "no session was opened in time; an original server says so also for a bad signature"},
    {4109, "FRAME_TOO_LONG", T, Errc::MessageTooLong, 3,
     "a frame was longer than the server takes"},
    {4110, "INVALID_ORIGIN", F, Errc::Rejected, 0, "the origin is not in the app's list"},
    {4111, "SESSION_CONFLICT", F, Errc::Kicked, 0, "the peer opened a session on another device"},
    {4112, "SESSION_TOKEN_EXPIRED", R, Errc::SignatureFailed, 3, "the session's token expired"},
    {4113, "APP_QUOTA_EXCEEDED", F, Errc::Rejected, 0, "the app has used up its users for today"},
    {4114, "UNPARSEABLE_RAW_MESSAGE", T, Errc::ProtocolError, 3,
     "the server could not read a frame"},
    {4115, "KICKED_BY_APP", F, Errc::Kicked, 0, "the app's server closed this session"},
    {4116, "MESSAGE_SENT_QUOTA_EXCEEDED", T, Errc::Rejected, 0, "too many messages; send slower"},
    {4117, "UNBIND_INSTALLATION_FAILED", T, Errc::Rejected, 3, "the installation was not unbound"},
    {4200, "INTERNAL_ERROR", T, Errc::ServerBusy, 0, "the server had a fault; try again later"},
    {4201, "SEND_MESSAGE_TIMEOUT", T, Errc::Timeout, 0, "the server was too slow; try again later"},
    {4300, "CONVERSATION_INTERNAL_ERROR", T, Errc::ServerBusy, 0,
     "the server had a fault; try again later"},
    {4301, "CONVERSATION_API_FAILED", T, Errc::ServerBusy, 0,
     "what the server asked behind it failed; try again later"},
    {4302, "CONVERSATION_SIGNATURE_FAILED", R, Errc::SignatureFailed, 3,
     "the group signature was not accepted; check the signer's master key, app id and clock"},
    {4303, "CONVERSATION_NOT_FOUND", T, Errc::GroupNotFound, 3, "there is no group with this id"},
    {4304, "CONVERSATION_FULL", T, Errc::GroupFull, 3, "the group has all the members it may have"},
    {4305, "CONVERSATION_REJECTED_BY_APP", T, Errc::Rejected, 3, "the app's server said no"},
    {4306, "CONVERSATION_UPDATE_FAILED", T, Errc::Rejected, 3,
     "the change was not carried out; check what it sets"},
    {4307, "CONVERSATION_READ_ONLY", T, Errc::Rejected, 3,
     "the conversation and its members cannot be changed"},
    {4308, "CONVERSATION_NOT_ALLOWED", T, Errc::Rejected, 3,
     "the peer may not send in this conversation"},
    {4309, "CONVERSATION_UPDATE_REJECTED", T, Errc::NotAMember, 3,
     "only members may change the conversation; join it first"},
    {4310, "CONVERSATION_QUERY_FAILED", T, Errc::Rejected, 3,
     "the query cost too much; ask for less, or with other conditions"},
    {4311, "CONVERSATION_LOG_FAILED", T, Errc::ServerBusy, 0,
     "the history could not be read in time; try again later"},
    {4312, "CONVERSATION_LOG_REJECTED", T, Errc::NotAMember, 3,
     "only members may read the history; join the conversation first"},
    {4313, "SYSTEM_CONVERSATION_REQUIRED", T, Errc::Rejected, 3,
     "only system conversations know this"},
    {4314, "NORMAL_CONVERSATION_REQUIRED", T, Errc::Rejected, 3,
     "only conversations with a list of members know this"},
    {4315, "CONVERSATION_TEMPORARY_BLACKLISTED", T, Errc::Rejected, 3,
     "the peer may not send in this conversation for a while"},
    {4316, "TRANSIENT_CONVERSATION_REQUIRED", T, Errc::Rejected, 3, "only chat rooms know this"},
    {4317, "CONVERSATION_MEMBERSHIP_REQUIRED", T, Errc::NotAMember, 3,
     "only members of the group may do this; join it first"},
    {4318, "CONVERSATION_API_QUOTA_EXCEEDED", T, Errc::Rejected, 0,
     "too many commands; send slower"},
    {4320, "CONVERSATION_OPERATION_UNAUTHORIZED", T, Errc::Rejected, 3,
     "the peer's role does not allow this"},
    {4321, "UNKNOWN_CONVERSATION_ROLE", T, Errc::Rejected, 3,
     "there is no such role; it is Manager or Member"},
    {4322, "CONVERSATION_MEMBER_IN_ROLE_FULL", T, Errc::Rejected, 3,
     "the role has all the members it may have"},
    {4323, "TEMPORARY_CONVERSATION_EXPIRED", T, Errc::GroupNotFound, 3,
     "the temporary conversation is over"},
    {4324, "CONVERSATION_NEED_OWNER", T, Errc::Rejected, 3,
     "the conversation would be left without an owner"},
    {4325, "CONVERSATION_MEMBER_INFO_FEATURE_DISABLED", T, Errc::Rejected, 3,
     "roles are off for this app"},
    {4401, "INVALID_MESSAGING_TARGET", T, Errc::InvalidTarget, 3,
     "a receiver is not watched, or the sender is not in the group; watch or join first"},
    {4402, "MESSAGE_REJECTED_BY_APP", T, Errc::Rejected, 3, "the app's server dropped the message"},
    {4403, "MESSAGE_OWNERSHIP_REQUIRED", T, Errc::Rejected, 3,
     "only the sender may change this message"},
    {4404, "MESSAGE_NOT_FOUND", T, Errc::Rejected, 3, "there is no message with this id and time"},
    {4405, "MESSAGE_UPDATE_REJECTED_BY_APP", T, Errc::Rejected, 3,
     "the app's server did not allow the change"},
    {4406, "MESSAGE_EDIT_DISABLED", T, Errc::Rejected, 3, "editing is off for this app"},
    {4407, "MESSAGE_RECALL_DISABLED", T, Errc::Rejected, 3, "recalling is off for this app"},
    {4408, "MESSAGE_MODIFIED_BY_CENSORSHIP", T, Errc::Rejected, 3,
     "the server changed words of the message"},
    {4543, "BLACKLIST_FULL", T, Errc::Rejected, 3, "the blacklist has all the entries it may have"},
    {4544, "BLACKLIST_FEATURE_DISABLED", T, Errc::Rejected, 3, "blacklists are off for this app"},
    {4546, "BLACKLIST_SIGNATURE_FAILED", R, Errc::SignatureFailed, 3,
     "the blacklist signature was not accepted; check the signer's master key, app id and clock"},
    {4548, "BLOCKED_BY_CONV", T, Errc::Rejected, 3, "the peer is on the conversation's blacklist"},
    {4561, "SILIENCED_MEMBER_LIST_FULL", T, Errc::Rejected, 3,
     "as many members are silenced as may be"},
    {4563, "SILIENCED", T, Errc::Rejected, 3, "the peer is silenced in this conversation"},
};

// Numbers we have no row for: a newer server may mean anything, so try, but not for ever.
constexpr Row kStranger{
    -1, "", T, Errc::Rejected, 3, "the server gave a reason Kith does not know"};

const Row& rowOf(int code) {
  const auto* row = std::lower_bound(std::begin(kRows), std::end(kRows), code,
                                     [](const Row& r, int c) { return r.code < c; });
  return row != std::end(kRows) && row->code == code ? *row : kStranger;
}

}  // namespace

CloseRule closeRule(int code) {
  const Row& row = rowOf(code);
  return {row.kind, row.errc, row.limit};
}

std::string_view closeReason(int code) { return rowOf(code).name; }

Error errorFromServer(int code, std::string_view reason) {
  const Row& row = rowOf(code);
  std::string detail = "server";
  if (code != 0) detail += ' ' + std::to_string(code);
  if (!row.name.empty()) detail.append(" ").append(row.name);
  if (!reason.empty() && reason != row.name) detail += " (" + cleanWords(reason) + ')';
  detail.append(": ").append(row.cure);
  return {row.errc, code, std::move(detail), false};
}

}  // namespace kith::base
