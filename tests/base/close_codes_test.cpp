// SPDX-License-Identifier: Apache-2.0
#include "base/close_codes.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"

namespace {

using kith::Errc;
using kith::base::CloseClass;
using kith::base::closeClass;
using kith::base::closeReason;
using kith::base::closeRule;
using kith::base::errorFromServer;

struct Row {
  int code;
  const char* name;
  CloseClass kind;
  Errc errc;
  bool limited;
};

constexpr auto T = CloseClass::Transient;
constexpr auto R = CloseClass::Renew;
constexpr auto F = CloseClass::Final;

// R10: every code of avos-v1 §6.2, of RFC 6455 that a server may close with, and of the answers of
// the vendor's current protocol, letter by letter as its table has them: `SILIENCED`, too.
constexpr Row kRows[] = {
    {0, "", T, Errc::NetworkDown, false},
    {1000, "", T, Errc::NetworkDown, false},
    {1001, "", T, Errc::NetworkDown, false},
    {1002, "", T, Errc::ProtocolError, true},
    {1003, "", T, Errc::ProtocolError, true},
    {1005, "", T, Errc::NetworkDown, false},
    {1006, "", T, Errc::NetworkDown, false},
    {1007, "", T, Errc::ProtocolError, true},
    {1008, "", T, Errc::Rejected, true},
    {1009, "", T, Errc::MessageTooLong, true},
    {1010, "", F, Errc::ProtocolError, false},
    {1011, "", T, Errc::ServerBusy, false},
    {1012, "", T, Errc::ServerBusy, false},
    {1013, "", T, Errc::ServerBusy, false},
    {1014, "", T, Errc::ServerBusy, false},
    {4100, "APP_NOT_AVAILABLE", F, Errc::AppNotAvailable, false},
    {4101, "DUPLICATED_LOGIN", F, Errc::Kicked, false},
    {4102, "SIGNATURE_FAILED", R, Errc::SignatureFailed, true},
    {4103, "INVALID_LOGIN", F, Errc::InvalidPeerId, false},
    {4105, "SESSION_REQUIRED", T, Errc::NotOpen, true},
    {4106, "BLACKLISTED", F, Errc::Blacklisted, false},
    {4107, "READ_TIMEOUT", T, Errc::NetworkDown, false},
    {4108, "LOGIN_TIMEOUT", T, Errc::Timeout, true},
    {4109, "FRAME_TOO_LONG", T, Errc::MessageTooLong, true},
    {4110, "INVALID_ORIGIN", F, Errc::Rejected, false},
    {4111, "SESSION_CONFLICT", F, Errc::Kicked, false},
    {4112, "SESSION_TOKEN_EXPIRED", R, Errc::SignatureFailed, true},
    {4113, "APP_QUOTA_EXCEEDED", F, Errc::Rejected, false},
    {4114, "UNPARSEABLE_RAW_MESSAGE", T, Errc::ProtocolError, true},
    {4115, "KICKED_BY_APP", F, Errc::Kicked, false},
    {4116, "MESSAGE_SENT_QUOTA_EXCEEDED", T, Errc::Rejected, false},
    {4117, "UNBIND_INSTALLATION_FAILED", T, Errc::Rejected, true},
    {4200, "INTERNAL_ERROR", T, Errc::ServerBusy, false},
    {4201, "SEND_MESSAGE_TIMEOUT", T, Errc::Timeout, false},
    {4300, "CONVERSATION_INTERNAL_ERROR", T, Errc::ServerBusy, false},
    {4301, "CONVERSATION_API_FAILED", T, Errc::ServerBusy, false},
    {4302, "CONVERSATION_SIGNATURE_FAILED", R, Errc::SignatureFailed, true},
    {4303, "CONVERSATION_NOT_FOUND", T, Errc::GroupNotFound, true},
    {4304, "CONVERSATION_FULL", T, Errc::GroupFull, true},
    {4305, "CONVERSATION_REJECTED_BY_APP", T, Errc::Rejected, true},
    {4306, "CONVERSATION_UPDATE_FAILED", T, Errc::Rejected, true},
    {4307, "CONVERSATION_READ_ONLY", T, Errc::Rejected, true},
    {4308, "CONVERSATION_NOT_ALLOWED", T, Errc::Rejected, true},
    {4309, "CONVERSATION_UPDATE_REJECTED", T, Errc::NotAMember, true},
    {4310, "CONVERSATION_QUERY_FAILED", T, Errc::Rejected, true},
    {4311, "CONVERSATION_LOG_FAILED", T, Errc::ServerBusy, false},
    {4312, "CONVERSATION_LOG_REJECTED", T, Errc::NotAMember, true},
    {4313, "SYSTEM_CONVERSATION_REQUIRED", T, Errc::Rejected, true},
    {4314, "NORMAL_CONVERSATION_REQUIRED", T, Errc::Rejected, true},
    {4315, "CONVERSATION_TEMPORARY_BLACKLISTED", T, Errc::Rejected, true},
    {4316, "TRANSIENT_CONVERSATION_REQUIRED", T, Errc::Rejected, true},
    {4317, "CONVERSATION_MEMBERSHIP_REQUIRED", T, Errc::NotAMember, true},
    {4318, "CONVERSATION_API_QUOTA_EXCEEDED", T, Errc::Rejected, false},
    {4320, "CONVERSATION_OPERATION_UNAUTHORIZED", T, Errc::Rejected, true},
    {4321, "UNKNOWN_CONVERSATION_ROLE", T, Errc::Rejected, true},
    {4322, "CONVERSATION_MEMBER_IN_ROLE_FULL", T, Errc::Rejected, true},
    {4323, "TEMPORARY_CONVERSATION_EXPIRED", T, Errc::GroupNotFound, true},
    {4324, "CONVERSATION_NEED_OWNER", T, Errc::Rejected, true},
    {4325, "CONVERSATION_MEMBER_INFO_FEATURE_DISABLED", T, Errc::Rejected, true},
    {4401, "INVALID_MESSAGING_TARGET", T, Errc::InvalidTarget, true},
    {4402, "MESSAGE_REJECTED_BY_APP", T, Errc::Rejected, true},
    {4403, "MESSAGE_OWNERSHIP_REQUIRED", T, Errc::Rejected, true},
    {4404, "MESSAGE_NOT_FOUND", T, Errc::Rejected, true},
    {4405, "MESSAGE_UPDATE_REJECTED_BY_APP", T, Errc::Rejected, true},
    {4406, "MESSAGE_EDIT_DISABLED", T, Errc::Rejected, true},
    {4407, "MESSAGE_RECALL_DISABLED", T, Errc::Rejected, true},
    {4408, "MESSAGE_MODIFIED_BY_CENSORSHIP", T, Errc::Rejected, true},
    {4543, "BLACKLIST_FULL", T, Errc::Rejected, true},
    {4544, "BLACKLIST_FEATURE_DISABLED", T, Errc::Rejected, true},
    {4546, "BLACKLIST_SIGNATURE_FAILED", R, Errc::SignatureFailed, true},
    {4548, "BLOCKED_BY_CONV", T, Errc::Rejected, true},
    {4561, "SILIENCED_MEMBER_LIST_FULL", T, Errc::Rejected, true},
    {4563, "SILIENCED", T, Errc::Rejected, true},
};

TEST_CASE("close codes: every code has its name, class, error and limit") {
  for (const Row& row : kRows) {
    CAPTURE(row.code);
    CHECK(closeReason(row.code) == row.name);
    CHECK(closeClass(row.code) == row.kind);
    CHECK(closeRule(row.code).errc == row.errc);
    CHECK((closeRule(row.code).limit > 0) == row.limited);
  }
}

TEST_CASE("close codes: an unknown number is tried again, but not for ever") {
  for (const int code : {-1, 1, 999, 1015, 3000, 4104, 4118, 4199, 4319, 4999, 70000}) {
    CAPTURE(code);
    CHECK(closeReason(code).empty());
    CHECK(closeClass(code) == CloseClass::Transient);
    CHECK(closeRule(code).limit > 0);
    CHECK(errorFromServer(code, "").code == Errc::Rejected);
  }
}

TEST_CASE("close codes: the constants are those of the service") {
  using namespace kith::base;
  CHECK(closeReason(kAppNotAvailable) == "APP_NOT_AVAILABLE");
  CHECK(closeReason(kSignatureFailed) == "SIGNATURE_FAILED");
  CHECK(closeReason(kInvalidLogin) == "INVALID_LOGIN");
  CHECK(closeReason(kSessionRequired) == "SESSION_REQUIRED");
  CHECK(closeReason(kReadTimeout) == "READ_TIMEOUT");
  CHECK(closeReason(kLoginTimeout) == "LOGIN_TIMEOUT");
  CHECK(closeReason(kFrameTooLong) == "FRAME_TOO_LONG");
  CHECK(closeReason(kUnparseableRawMessage) == "UNPARSEABLE_RAW_MESSAGE");
  CHECK(closeReason(kInternalError) == "INTERNAL_ERROR");
  CHECK(closeReason(kConversationNotFound) == "CONVERSATION_NOT_FOUND");
  CHECK(closeReason(kConversationFull) == "CONVERSATION_FULL");
  CHECK(closeReason(kConversationMembershipRequired) == "CONVERSATION_MEMBERSHIP_REQUIRED");
  CHECK(closeReason(kInvalidMessagingTarget) == "INVALID_MESSAGING_TARGET");
  CHECK(closeReason(kConversationTemporaryBlacklisted) == "CONVERSATION_TEMPORARY_BLACKLISTED");
  CHECK(closeReason(kConversationNeedOwner) == "CONVERSATION_NEED_OWNER");
  CHECK(closeReason(kMessageNotFound) == "MESSAGE_NOT_FOUND");
  CHECK(closeReason(kBlockedByConv) == "BLOCKED_BY_CONV");
  CHECK(closeReason(kSilienced) == "SILIENCED");
}

TEST_CASE("close codes: the error names the number, the server's words and what to do") {
  const kith::Error error = errorFromServer(4102, "nonce was used");
  CHECK(error.code == Errc::SignatureFailed);
  CHECK(error.server_code == 4102);
  CHECK(error.detail ==
        "server 4102 SIGNATURE_FAILED (nonce was used): the signature was not accepted; check the "
        "signer's master key, app id and clock");
  CHECK_FALSE(error.may_have_arrived);
  // The name itself is no news.
  CHECK(errorFromServer(4106, "BLACKLISTED").detail ==
        "server 4106 BLACKLISTED: this peer is barred from the service");
  CHECK(errorFromServer(0, "").detail == "server: the connection was lost; it is opened again");
}

TEST_CASE("close codes: the server's words are made fit for a log line") {
  const std::string hostile = errorFromServer(4200, "a\nb\x1b[2J\x7f").detail;
  CHECK(hostile.find("(a\\nb\\x1b[2J\\x7f)") != std::string::npos);

  std::string emoji;
  for (int i = 0; i < 100; ++i) emoji += "\xF0\x9F\x98\x80";
  const std::string cut = errorFromServer(4200, "x" + emoji).detail;
  // 1 + 29 whole characters fit into 120 bytes.
  CHECK(cut.find("(x" + emoji.substr(0, 29 * 4) + ")") != std::string::npos);
}

}  // namespace
