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
    {4302, "CONVERSATION_SIGNATURE_FAILED", R, Errc::SignatureFailed, 3,
     "the group signature was not accepted; check the signer's master key, app id and clock"},
    {4303, "CONVERSATION_NOT_FOUND", T, Errc::GroupNotFound, 3, "there is no group with this id"},
    {4304, "CONVERSATION_FULL", T, Errc::GroupFull, 3, "the group has all the members it may have"},
    {4305, "CONVERSATION_REJECTED_BY_APP", T, Errc::Rejected, 3, "the app's server said no"},
    {4317, "CONVERSATION_MEMBERSHIP_REQUIRED", T, Errc::NotAMember, 3,
     "only members of the group may do this; join it first"},
    {4401, "INVALID_MESSAGING_TARGET", T, Errc::InvalidTarget, 3,
     "a receiver is not watched, or the sender is not in the group; watch or join first"},
    {4402, "MESSAGE_REJECTED_BY_APP", T, Errc::Rejected, 3, "the app's server dropped the message"},
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
