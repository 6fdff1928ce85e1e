// SPDX-License-Identifier: Apache-2.0
// The schema of the vendor's current protocol: for each message its fields with their numbers, the
// names they have in JSON, and where the struct keeps them. Both encodings are driven by these
// tables; there is no other list of fields. Numbers ascend. Pure; any thread. Private to the codec.
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "protocol/leancloud/messages.hpp"

namespace kith::leancloud {

/// What a text is for. Half of an emoji, which JavaScript makes by cutting a text, is replaced
/// where people read it; in an id or a signature it is refused: two of them must not become one.
enum class Reads : bool { Word, Prose };

/// A field of `Message`. It is required when the struct's member is not optional (and no list).
template <typename Message, typename Member>
struct Field {
  constexpr Field(unsigned its_number, std::string_view its_name, Member Message::*its_member,
                  Reads its_use = Reads::Word)
      : number(its_number), name(its_name), member(its_member), use(its_use) {}

  unsigned number;
  std::string_view name;  ///< of JSON
  Member Message::*member;
  Reads use;
};

/// How a body lies in GenericCommand, and which command's it is.
struct BodyOf {
  unsigned number;
  std::string_view name;
  Cmd cmd;
};

/// Specialised for each message: kName, kFields and, for a body, kBody.
template <typename Message>
struct Schema;

template <>
struct Schema<UnreadTuple> {
  static constexpr std::string_view kName{"UnreadTuple"};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "cid", &UnreadTuple::cid), Field(2, "unread", &UnreadTuple::unread),
      Field(3, "mid", &UnreadTuple::mid), Field(4, "timestamp", &UnreadTuple::timestamp),
      Field(5, "from", &UnreadTuple::from), Field(6, "data", &UnreadTuple::data, Reads::Prose),
      Field(7, "patchTimestamp", &UnreadTuple::patch_timestamp),
      Field(8, "mentioned", &UnreadTuple::mentioned),
      Field(9, "binaryMsg", &UnreadTuple::binary_msg),
      Field(10, "convType", &UnreadTuple::conv_type));
};
template <>
struct Schema<LogItem> {
  static constexpr std::string_view kName{"LogItem"};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "from", &LogItem::from), Field(2, "data", &LogItem::data, Reads::Prose),
      Field(3, "timestamp", &LogItem::timestamp), Field(4, "msgId", &LogItem::msg_id),
      Field(5, "ackAt", &LogItem::ack_at), Field(6, "readAt", &LogItem::read_at),
      Field(7, "patchTimestamp", &LogItem::patch_timestamp),
      Field(8, "mentionAll", &LogItem::mention_all),
      Field(9, "mentionPids", &LogItem::mention_pids), Field(10, "bin", &LogItem::bin),
      Field(11, "convType", &LogItem::conv_type));
};
template <>
struct Schema<ConvMemberInfo> {
  static constexpr std::string_view kName{"ConvMemberInfo"};
  static constexpr auto kFields = std::make_tuple(Field(1, "pid", &ConvMemberInfo::pid),
                                                  Field(2, "role", &ConvMemberInfo::role),
                                                  Field(3, "infoId", &ConvMemberInfo::info_id));
};
template <>
struct Schema<SemanticVersion> {
  static constexpr std::string_view kName{"SemanticVersion"};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "major", &SemanticVersion::major), Field(2, "minor", &SemanticVersion::minor),
      Field(3, "patch", &SemanticVersion::patch),
      Field(4, "preRelease", &SemanticVersion::pre_release),
      Field(5, "build", &SemanticVersion::build));
};
template <>
struct Schema<AndroidVersion> {
  static constexpr std::string_view kName{"AndroidVersion"};
  static constexpr auto kFields = std::make_tuple(Field(1, "codename", &AndroidVersion::codename),
                                                  Field(2, "apiLevel", &AndroidVersion::api_level));
};
template <>
struct Schema<SystemInfo> {
  static constexpr std::string_view kName{"SystemInfo"};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "deviceType", &SystemInfo::device_type),
                      Field(2, "osVersion", &SystemInfo::os_version),
                      Field(3, "androidVersion", &SystemInfo::android_version),
                      Field(4, "isEmulator", &SystemInfo::is_emulator));
};
template <>
struct Schema<ReadTuple> {
  static constexpr std::string_view kName{"ReadTuple"};
  static constexpr auto kFields = std::make_tuple(Field(1, "cid", &ReadTuple::cid),
                                                  Field(2, "timestamp", &ReadTuple::timestamp),
                                                  Field(3, "mid", &ReadTuple::mid));
};
template <>
struct Schema<MaxReadTuple> {
  static constexpr std::string_view kName{"MaxReadTuple"};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "pid", &MaxReadTuple::pid),
                      Field(2, "maxAckTimestamp", &MaxReadTuple::max_ack_timestamp),
                      Field(3, "maxReadTimestamp", &MaxReadTuple::max_read_timestamp));
};
template <>
struct Schema<PatchItem> {
  static constexpr std::string_view kName{"PatchItem"};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "cid", &PatchItem::cid), Field(2, "mid", &PatchItem::mid),
      Field(3, "timestamp", &PatchItem::timestamp), Field(4, "recall", &PatchItem::recall),
      Field(5, "data", &PatchItem::data, Reads::Prose),
      Field(6, "patchTimestamp", &PatchItem::patch_timestamp), Field(7, "from", &PatchItem::from),
      Field(8, "binaryMsg", &PatchItem::binary_msg),
      Field(9, "mentionAll", &PatchItem::mention_all),
      Field(10, "mentionPids", &PatchItem::mention_pids),
      Field(11, "patchCode", &PatchItem::patch_code),
      Field(12, "patchReason", &PatchItem::patch_reason));
};
template <>
struct Schema<Json> {
  static constexpr std::string_view kName{"Json"};
  static constexpr auto kFields = std::make_tuple(Field(1, "data", &Json::text));
};
template <>
struct Schema<LoginCommand> {
  static constexpr std::string_view kName{"LoginCommand"};
  static constexpr BodyOf kBody{100, "loginMessage", Cmd::Login};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "systemInfo", &LoginCommand::system_info));
};
template <>
struct Schema<DataCommand> {
  static constexpr std::string_view kName{"DataCommand"};
  static constexpr BodyOf kBody{101, "dataMessage", Cmd::Data};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "ids", &DataCommand::ids), Field(2, "msg", &DataCommand::msg),
                      Field(3, "offline", &DataCommand::offline));
};
template <>
struct Schema<SessionCommand> {
  static constexpr std::string_view kName{"SessionCommand"};
  static constexpr BodyOf kBody{102, "sessionMessage", Cmd::Session};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "t", &SessionCommand::time), Field(2, "n", &SessionCommand::nonce),
      Field(3, "s", &SessionCommand::signature), Field(4, "ua", &SessionCommand::user_agent),
      Field(5, "r", &SessionCommand::reconnect), Field(6, "tag", &SessionCommand::tag),
      Field(7, "deviceId", &SessionCommand::device_id),
      Field(8, "sessionPeerIds", &SessionCommand::session_peer_ids),
      Field(9, "onlineSessionPeerIds", &SessionCommand::online_session_peer_ids),
      Field(10, "st", &SessionCommand::session_token),
      Field(11, "stTtl", &SessionCommand::session_token_ttl),
      Field(12, "code", &SessionCommand::code), Field(13, "reason", &SessionCommand::reason),
      Field(14, "deviceToken", &SessionCommand::device_token),
      Field(15, "sp", &SessionCommand::is_super), Field(16, "detail", &SessionCommand::detail),
      Field(17, "lastUnreadNotifTime", &SessionCommand::last_unread_notif_time),
      Field(18, "lastPatchTime", &SessionCommand::last_patch_time),
      Field(19, "configBitmap", &SessionCommand::config_bitmap),
      Field(20, "systemInfo", &SessionCommand::system_info));
};
template <>
struct Schema<ErrorCommand> {
  static constexpr std::string_view kName{"ErrorCommand"};
  static constexpr BodyOf kBody{103, "errorMessage", Cmd::Error};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "code", &ErrorCommand::code), Field(2, "reason", &ErrorCommand::reason),
      Field(3, "appCode", &ErrorCommand::app_code), Field(4, "detail", &ErrorCommand::detail),
      Field(5, "pids", &ErrorCommand::pids), Field(6, "appMsg", &ErrorCommand::app_msg));
};
template <>
struct Schema<DirectCommand> {
  static constexpr std::string_view kName{"DirectCommand"};
  static constexpr BodyOf kBody{104, "directMessage", Cmd::Direct};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "msg", &DirectCommand::msg, Reads::Prose), Field(2, "uid", &DirectCommand::uid),
      Field(3, "fromPeerId", &DirectCommand::from_peer_id),
      Field(4, "timestamp", &DirectCommand::timestamp),
      Field(5, "offline", &DirectCommand::offline), Field(6, "hasMore", &DirectCommand::has_more),
      Field(7, "toPeerIds", &DirectCommand::to_peer_ids),
      Field(10, "r", &DirectCommand::receipt_wanted), Field(11, "cid", &DirectCommand::cid),
      Field(12, "id", &DirectCommand::id), Field(13, "transient", &DirectCommand::transient),
      Field(14, "dt", &DirectCommand::dedupe_token), Field(15, "roomId", &DirectCommand::room_id),
      Field(16, "pushData", &DirectCommand::push_data, Reads::Prose),
      Field(17, "will", &DirectCommand::will),
      Field(18, "patchTimestamp", &DirectCommand::patch_timestamp),
      Field(19, "binaryMsg", &DirectCommand::binary_msg),
      Field(20, "mentionPids", &DirectCommand::mention_pids),
      Field(21, "mentionAll", &DirectCommand::mention_all),
      Field(22, "convType", &DirectCommand::conv_type));
};
template <>
struct Schema<AckCommand> {
  static constexpr std::string_view kName{"AckCommand"};
  static constexpr BodyOf kBody{105, "ackMessage", Cmd::Ack};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "code", &AckCommand::code), Field(2, "reason", &AckCommand::reason),
      Field(3, "mid", &AckCommand::mid), Field(4, "cid", &AckCommand::cid),
      Field(5, "t", &AckCommand::time), Field(6, "uid", &AckCommand::uid),
      Field(7, "fromts", &AckCommand::from_time), Field(8, "tots", &AckCommand::to_time),
      Field(9, "type", &AckCommand::type), Field(10, "ids", &AckCommand::ids),
      Field(11, "appCode", &AckCommand::app_code), Field(12, "appMsg", &AckCommand::app_msg));
};
template <>
struct Schema<UnreadCommand> {
  static constexpr std::string_view kName{"UnreadCommand"};
  static constexpr BodyOf kBody{106, "unreadMessage", Cmd::Unread};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "convs", &UnreadCommand::convs), Field(2, "notifTime", &UnreadCommand::notif_time));
};
template <>
struct Schema<ReadCommand> {
  static constexpr std::string_view kName{"ReadCommand"};
  static constexpr BodyOf kBody{107, "readMessage", Cmd::Read};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "cid", &ReadCommand::cid), Field(2, "cids", &ReadCommand::cids),
                      Field(3, "convs", &ReadCommand::convs));
};
template <>
struct Schema<RcpCommand> {
  static constexpr std::string_view kName{"RcpCommand"};
  static constexpr BodyOf kBody{108, "rcpMessage", Cmd::Rcp};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "id", &RcpCommand::id), Field(2, "cid", &RcpCommand::cid),
                      Field(3, "t", &RcpCommand::time), Field(4, "read", &RcpCommand::read),
                      Field(5, "from", &RcpCommand::from));
};
template <>
struct Schema<LogsCommand> {
  static constexpr std::string_view kName{"LogsCommand"};
  static constexpr BodyOf kBody{109, "logsMessage", Cmd::Logs};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "cid", &LogsCommand::cid), Field(2, "l", &LogsCommand::l),
      Field(3, "limit", &LogsCommand::limit), Field(4, "t", &LogsCommand::time),
      Field(5, "tt", &LogsCommand::until_time), Field(6, "tmid", &LogsCommand::until_mid),
      Field(7, "mid", &LogsCommand::mid), Field(8, "checksum", &LogsCommand::checksum),
      Field(9, "stored", &LogsCommand::stored), Field(10, "direction", &LogsCommand::direction),
      Field(11, "tIncluded", &LogsCommand::time_included),
      Field(12, "ttIncluded", &LogsCommand::until_time_included),
      Field(13, "lctype", &LogsCommand::lctype), Field(105, "logs", &LogsCommand::logs));
};
template <>
struct Schema<ConvCommand> {
  static constexpr std::string_view kName{"ConvCommand"};
  static constexpr BodyOf kBody{110, "convMessage", Cmd::Conv};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "m", &ConvCommand::members), Field(2, "transient", &ConvCommand::transient),
      Field(3, "unique", &ConvCommand::unique), Field(4, "cid", &ConvCommand::cid),
      Field(5, "cdate", &ConvCommand::cdate), Field(6, "initBy", &ConvCommand::init_by),
      Field(7, "sort", &ConvCommand::sort), Field(8, "limit", &ConvCommand::limit),
      Field(9, "skip", &ConvCommand::skip), Field(10, "flag", &ConvCommand::flag),
      Field(11, "count", &ConvCommand::count), Field(12, "udate", &ConvCommand::udate),
      Field(13, "t", &ConvCommand::time), Field(14, "n", &ConvCommand::nonce),
      Field(15, "s", &ConvCommand::signature), Field(16, "statusSub", &ConvCommand::status_sub),
      Field(17, "statusPub", &ConvCommand::status_pub),
      Field(18, "statusTTL", &ConvCommand::status_ttl),
      Field(19, "uniqueId", &ConvCommand::unique_id),
      Field(20, "targetClientId", &ConvCommand::target_client_id),
      Field(21, "maxReadTimestamp", &ConvCommand::max_read_timestamp),
      Field(22, "maxAckTimestamp", &ConvCommand::max_ack_timestamp),
      Field(23, "queryAllMembers", &ConvCommand::query_all_members),
      Field(24, "maxReadTuples", &ConvCommand::max_read_tuples),
      Field(25, "cids", &ConvCommand::cids), Field(26, "info", &ConvCommand::info),
      Field(27, "tempConv", &ConvCommand::temp_conv),
      Field(28, "tempConvTTL", &ConvCommand::temp_conv_ttl),
      Field(29, "tempConvIds", &ConvCommand::temp_conv_ids),
      Field(30, "allowedPids", &ConvCommand::allowed_pids),
      Field(31, "failedPids", &ConvCommand::failed_pids),
      Field(32, "existing", &ConvCommand::existing), Field(40, "next", &ConvCommand::next),
      Field(100, "results", &ConvCommand::results), Field(101, "where", &ConvCommand::where),
      Field(103, "attr", &ConvCommand::attr),
      Field(104, "attrModified", &ConvCommand::attr_modified));
};
template <>
struct Schema<RoomCommand> {
  static constexpr std::string_view kName{"RoomCommand"};
  static constexpr BodyOf kBody{111, "roomMessage", Cmd::Room};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "roomId", &RoomCommand::room_id), Field(2, "s", &RoomCommand::signature),
      Field(3, "t", &RoomCommand::time), Field(4, "n", &RoomCommand::nonce),
      Field(5, "transient", &RoomCommand::transient),
      Field(6, "roomPeerIds", &RoomCommand::room_peer_ids),
      Field(7, "byPeerId", &RoomCommand::by_peer_id));
};
template <>
struct Schema<PresenceCommand> {
  static constexpr std::string_view kName{"PresenceCommand"};
  static constexpr BodyOf kBody{112, "presenceMessage", Cmd::Presence};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "status", &PresenceCommand::status),
                      Field(2, "sessionPeerIds", &PresenceCommand::session_peer_ids),
                      Field(3, "cid", &PresenceCommand::cid));
};
template <>
struct Schema<ReportCommand> {
  static constexpr std::string_view kName{"ReportCommand"};
  static constexpr BodyOf kBody{113, "reportMessage", Cmd::Report};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "initiative", &ReportCommand::initiative), Field(2, "type", &ReportCommand::type),
      Field(3, "data", &ReportCommand::data));
};
template <>
struct Schema<PatchCommand> {
  static constexpr std::string_view kName{"PatchCommand"};
  static constexpr BodyOf kBody{114, "patchMessage", Cmd::Patch};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "patches", &PatchCommand::patches),
                      Field(2, "lastPatchTime", &PatchCommand::last_patch_time));
};
template <>
struct Schema<PubsubCommand> {
  static constexpr std::string_view kName{"PubsubCommand"};
  static constexpr BodyOf kBody{115, "pubsubMessage", Cmd::Pubsub};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "cid", &PubsubCommand::cid), Field(2, "cids", &PubsubCommand::cids),
      Field(3, "topic", &PubsubCommand::topic), Field(4, "subtopic", &PubsubCommand::subtopic),
      Field(5, "topics", &PubsubCommand::topics), Field(6, "subtopics", &PubsubCommand::subtopics),
      Field(7, "results", &PubsubCommand::results));
};
template <>
struct Schema<BlacklistCommand> {
  static constexpr std::string_view kName{"BlacklistCommand"};
  static constexpr BodyOf kBody{116, "blacklistMessage", Cmd::Blacklist};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "srcCid", &BlacklistCommand::src_cid),
      Field(2, "toPids", &BlacklistCommand::to_pids),
      Field(3, "srcPid", &BlacklistCommand::src_pid),
      Field(4, "toCids", &BlacklistCommand::to_cids), Field(5, "limit", &BlacklistCommand::limit),
      Field(6, "next", &BlacklistCommand::next),
      Field(8, "blockedPids", &BlacklistCommand::blocked_pids),
      Field(9, "blockedCids", &BlacklistCommand::blocked_cids),
      Field(10, "allowedPids", &BlacklistCommand::allowed_pids),
      Field(11, "failedPids", &BlacklistCommand::failed_pids),
      Field(12, "t", &BlacklistCommand::time), Field(13, "n", &BlacklistCommand::nonce),
      Field(14, "s", &BlacklistCommand::signature));
};
template <>
struct Schema<LoggedinCommand> {
  static constexpr std::string_view kName{"LoggedinCommand"};
  static constexpr BodyOf kBody{117, "loggedinMessage", Cmd::Loggedin};
  static constexpr auto kFields =
      std::make_tuple(Field(1, "pushDisabled", &LoggedinCommand::push_disabled));
};
template <>
struct Schema<Command> {
  static constexpr std::string_view kName{"Command"};
  static constexpr auto kFields = std::make_tuple(
      Field(1, "cmd", &Command::cmd), Field(2, "op", &Command::op),
      Field(3, "appId", &Command::app_id), Field(4, "peerId", &Command::peer_id),
      Field(5, "i", &Command::i), Field(6, "installationId", &Command::installation_id),
      Field(7, "priority", &Command::priority), Field(8, "service", &Command::service),
      Field(9, "serverTs", &Command::server_ts), Field(10, "clientTs", &Command::client_ts),
      Field(11, "notificationType", &Command::notification_type));
};

template <typename Message>
inline constexpr std::size_t kFieldsOf =
    std::tuple_size_v<std::remove_cvref_t<decltype(Schema<Message>::kFields)>>;

template <typename Message, std::size_t I>
inline constexpr auto kFieldOf = std::get<I>(Schema<Message>::kFields);

/// Calls `visit.template operator()<I>()` for the place of each field, in their order.
template <typename Message, typename Visit>
constexpr void eachField(Visit&& visit) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (visit.template operator()<I>(), ...); }
  (std::make_index_sequence<kFieldsOf<Message>>());
}

/// Calls `visit.template operator()<Message>()` for the type of each body.
template <typename Visit>
constexpr void eachBody(Visit&& visit) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (visit.template operator()<std::variant_alternative_t<I + 1, Body>>(), ...);
  }
  (std::make_index_sequence<std::variant_size_v<Body> - 1>());
}

/// The place of the command's `peerId`, which a frame for many receivers has not.
inline constexpr std::size_t kPeerIdField = 3;
static_assert(kFieldOf<Command, kPeerIdField>.member == &Command::peer_id);

// --- kinds of members ---------------------------------------------------------------------------

template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <typename T>
inline constexpr bool kIsList = false;
template <typename T>
inline constexpr bool kIsList<List<T>> = true;
/// A message: it has a schema.
template <typename T>
concept IsMessage = requires {
  Schema<T>::kFields;
};
/// An enumeration of words.hpp.
template <typename T>
concept IsEnum = std::is_enum_v<T>;

template <typename Message, std::size_t I>
using MemberOf =
    std::remove_cvref_t<decltype(std::declval<Message>().*kFieldOf<Message, I>.member)>;

/// `cmd` is no optional, and required.
template <typename Message, std::size_t I>
inline constexpr bool kIsRequired =
    !kIsOptional<MemberOf<Message, I>> && !kIsList<MemberOf<Message, I>>;

}  // namespace kith::leancloud
