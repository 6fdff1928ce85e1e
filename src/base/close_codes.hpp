// SPDX-License-Identifier: Apache-2.0
// The service's numbers, of avos-v1 §6.2 and of the vendor's current protocol: their names, what
// they mean for a caller, and whether a connection closed with one is tried again (R10). From 4300
// on they come in answers. Any thread.
#pragma once

#include <kith/error.hpp>

#include <string_view>

namespace kith::base {

// RFC 6455. 0 stands for "no close frame seen" as in the original SDKs.
inline constexpr int kNormalClose = 1000;
inline constexpr int kGoingAway = 1001;
inline constexpr int kBadProtocol = 1002;
inline constexpr int kBadPayload = 1007;
inline constexpr int kPolicyViolation = 1008;
inline constexpr int kMessageTooBig = 1009;
inline constexpr int kTryAgainLater = 1013;

inline constexpr int kAppNotAvailable = 4100;
inline constexpr int kDuplicatedLogin = 4101;
inline constexpr int kSignatureFailed = 4102;
inline constexpr int kInvalidLogin = 4103;
inline constexpr int kSessionRequired = 4105;
inline constexpr int kBlacklisted = 4106;
inline constexpr int kReadTimeout = 4107;
inline constexpr int kLoginTimeout = 4108;
inline constexpr int kFrameTooLong = 4109;
inline constexpr int kInvalidOrigin = 4110;
inline constexpr int kSessionConflict = 4111;
inline constexpr int kSessionTokenExpired = 4112;
inline constexpr int kAppQuotaExceeded = 4113;
inline constexpr int kUnparseableRawMessage = 4114;
inline constexpr int kKickedByApp = 4115;
inline constexpr int kMessageSentQuotaExceeded = 4116;
inline constexpr int kInternalError = 4200;
inline constexpr int kSendMessageTimeout = 4201;
inline constexpr int kConversationInternalError = 4300;
inline constexpr int kConversationApiFailed = 4301;
inline constexpr int kConversationSignatureFailed = 4302;
inline constexpr int kConversationNotFound = 4303;
inline constexpr int kConversationFull = 4304;
inline constexpr int kConversationRejectedByApp = 4305;
inline constexpr int kConversationUpdateFailed = 4306;
inline constexpr int kConversationReadOnly = 4307;
inline constexpr int kConversationNotAllowed = 4308;
inline constexpr int kConversationUpdateRejected = 4309;
inline constexpr int kConversationQueryFailed = 4310;
inline constexpr int kConversationLogFailed = 4311;
inline constexpr int kConversationLogRejected = 4312;
inline constexpr int kSystemConversationRequired = 4313;
inline constexpr int kNormalConversationRequired = 4314;
inline constexpr int kConversationTemporaryBlacklisted = 4315;
inline constexpr int kTransientConversationRequired = 4316;
inline constexpr int kConversationMembershipRequired = 4317;
inline constexpr int kConversationApiQuotaExceeded = 4318;
inline constexpr int kConversationOperationUnauthorized = 4320;
inline constexpr int kUnknownConversationRole = 4321;
inline constexpr int kConversationMemberInRoleFull = 4322;
inline constexpr int kTemporaryConversationExpired = 4323;
inline constexpr int kConversationNeedOwner = 4324;
inline constexpr int kConversationMemberInfoFeatureDisabled = 4325;
inline constexpr int kInvalidMessagingTarget = 4401;
inline constexpr int kMessageRejectedByApp = 4402;
inline constexpr int kMessageOwnershipRequired = 4403;
inline constexpr int kMessageNotFound = 4404;
inline constexpr int kMessageUpdateRejectedByApp = 4405;
inline constexpr int kMessageEditDisabled = 4406;
inline constexpr int kMessageRecallDisabled = 4407;
inline constexpr int kMessageModifiedByCensorship = 4408;
inline constexpr int kBlacklistFull = 4543;
inline constexpr int kBlacklistFeatureDisabled = 4544;
inline constexpr int kBlacklistSignatureFailed = 4546;
inline constexpr int kBlockedByConv = 4548;
inline constexpr int kSiliencedMemberListFull = 4561;
inline constexpr int kSilienced = 4563;

/// What a client does after a close.
enum class CloseClass {
  Transient,  ///< connect again after the back-off
  Renew,      ///< ask the signer again, then connect again
  Final,      ///< stop and tell why
};

/// One row of the table.
struct CloseRule {
  CloseClass kind{CloseClass::Transient};
  Errc errc{Errc::NetworkDown};
  /// Closes with this code in a row, without a message or list getting through between them, after
  /// which it counts as Final; 0 = no limit. Stops the loop "resend, closed, resend".
  int limit{0};
};

/// The rule for any number, also for unknown ones.
CloseRule closeRule(int code);
inline CloseClass closeClass(int code) { return closeRule(code).kind; }

/// The name in the service's table, for example `"SIGNATURE_FAILED"`: what goes into the close
/// frame and into `reason`, which clients show as it is. Empty for a number without a name.
std::string_view closeReason(int code);

/// The Error for a close, or for `code` in an answer. `reason` is what the server wrote; it is
/// shortened and cleared of control characters.
Error errorFromServer(int code, std::string_view reason);

}  // namespace kith::base
