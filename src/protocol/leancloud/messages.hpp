// SPDX-License-Identifier: Apache-2.0
// The messages of the vendor's current protocol (its schema `push_server.messages2`, proto2), one
// struct each. They own nothing: their views point into the frame and the decoder that they come
// from, or into what the sender keeps alive until they are encoded. What is optional in the schema
// is optional here; what it requires is a plain member, which is always written. Names are those of
// the schema, with the single letters spelled out; schema.hpp has the numbers. Plain data; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "protocol/leancloud/words.hpp"

namespace kith::leancloud {

/// Bytes that need be no text. In JSON they are base64.
struct Bytes {
  std::string_view data;
  friend bool operator==(const Bytes& a, const Bytes& b) { return a.data == b.data; }
};

/// JsonObjectMessage: a JSON value as text. Decoded from JSON it is one value, as it was written;
/// decoded from protobuf it is whatever the client wrote. In JSON it is written as it is; a text
/// that is not JSON, or is nested too deep for a frame, becomes a quoted text there, so that it
/// cannot break the frame. `null` is a value here and in protobuf, and absent in JSON.
struct Json {
  std::string_view text;
  friend bool operator==(const Json& a, const Json& b) { return a.text == b.text; }
};

using Text = std::optional<std::string_view>;
using Int = std::optional<std::int32_t>;
using Long = std::optional<std::int64_t>;
using Flag = std::optional<bool>;
/// Repeated. An empty one is not written, but for emptyTexts() in JSON.
template <typename T>
using List = std::span<const T>;
using Texts = List<std::string_view>;

inline constexpr std::string_view kNoTexts[1]{};
/// A list without elements that is written in JSON, as `[]`: clients of that encoding may want to
/// see it (`onlineSessionPeerIds`). Protobuf knows no difference. Decoded from `[]` it is this one.
inline Texts emptyTexts() { return {kNoTexts, 0}; }

// --- parts of others ----------------------------------------------------------------------------

/// What waits for a peer in one conversation.
struct UnreadTuple {
  std::string_view cid;
  std::int32_t unread{0};
  Text mid;
  Long timestamp;  ///< ms, as all times here
  Text from;
  Text data;
  Long patch_timestamp;
  Flag mentioned;
  std::optional<Bytes> binary_msg;
  Int conv_type;
};

/// A message of the history.
struct LogItem {
  Text from;
  Text data;
  Long timestamp;
  Text msg_id;
  Long ack_at;
  Long read_at;
  Long patch_timestamp;
  Flag mention_all;
  Texts mention_pids;
  Flag bin;  ///< `data` is base64
  Int conv_type;
};

struct ConvMemberInfo {
  Text pid;
  Text role;
  Text info_id;
};

struct SemanticVersion {
  Int major;
  Int minor;
  Int patch;
  Text pre_release;
  Text build;
};

struct AndroidVersion {
  Text codename;
  Text api_level;
};

struct SystemInfo {
  std::optional<Device> device_type;
  std::optional<SemanticVersion> os_version;
  std::optional<AndroidVersion> android_version;
  Flag is_emulator;
};

struct ReadTuple {
  std::string_view cid;
  Long timestamp;
  Text mid;
};

struct MaxReadTuple {
  Text pid;
  Long max_ack_timestamp;
  Long max_read_timestamp;
};

/// An edit or a recall of a message.
struct PatchItem {
  Text cid;
  Text mid;
  Long timestamp;
  Flag recall;
  Text data;
  Long patch_timestamp;
  Text from;
  std::optional<Bytes> binary_msg;
  Flag mention_all;
  Texts mention_pids;
  Long patch_code;
  Text patch_reason;
};

// --- bodies -------------------------------------------------------------------------------------

struct LoginCommand {
  std::optional<SystemInfo> system_info;
};

struct LoggedinCommand {
  Flag push_disabled;
};

/// A push or an event of LiveQuery.
struct DataCommand {
  Texts ids;
  List<Json> msg;
  Flag offline;
};

struct SessionCommand {
  Long time;       ///< `t`, of the signature: seconds or ms
  Text nonce;      ///< `n`
  Text signature;  ///< `s`
  Text user_agent;
  Flag reconnect;  ///< `r`: the session was open before
  Text tag;
  Text device_id;
  Texts session_peer_ids;
  Texts online_session_peer_ids;
  Text session_token;     ///< `st`
  Int session_token_ttl;  ///< `stTtl`, in seconds
  Int code;
  Text reason;
  Text device_token;
  Flag is_super;  ///< `sp`
  Text detail;
  Long last_unread_notif_time;
  Long last_patch_time;
  Long config_bitmap;
  std::optional<SystemInfo> system_info;
};

/// Also which of several peers something failed for, and why.
struct ErrorCommand {
  std::int32_t code{0};
  std::string_view reason;
  Int app_code;
  Text detail;
  Texts pids;
  Text app_msg;
};

struct DirectCommand {
  Text msg;
  Text uid;
  Text from_peer_id;
  Long timestamp;
  Flag offline;
  Flag has_more;
  Texts to_peer_ids;
  Flag receipt_wanted;  ///< `r`
  Text cid;
  Text id;
  Flag transient;
  Text dedupe_token;  ///< `dt`
  Text room_id;
  Text push_data;
  Flag will;
  Long patch_timestamp;
  std::optional<Bytes> binary_msg;
  Texts mention_pids;
  Flag mention_all;
  Int conv_type;
};

struct AckCommand {
  Int code;
  Text reason;
  Text mid;
  Text cid;
  Long time;  ///< `t`
  Text uid;
  Long from_time;  ///< `fromts`
  Long to_time;    ///< `tots`
  Text type;
  Texts ids;
  Int app_code;
  Text app_msg;
};

struct UnreadCommand {
  List<UnreadTuple> convs;
  Long notif_time;
};

struct ReadCommand {
  Text cid;
  Texts cids;
  List<ReadTuple> convs;
};

/// A receipt.
struct RcpCommand {
  Text id;
  Text cid;
  Long time;  ///< `t`
  Flag read;
  Text from;
};

struct LogsCommand {
  Text cid;
  Int l;  ///< `limit` of JavaScript
  Int limit;
  Long time;        ///< `t`
  Long until_time;  ///< `tt`
  Text until_mid;   ///< `tmid`
  Text mid;
  Text checksum;
  Flag stored;
  std::optional<Direction> direction;
  Flag time_included;        ///< `tIncluded`
  Flag until_time_included;  ///< `ttIncluded`
  Int lctype;                ///< `_lctype` of typed messages
  List<LogItem> logs;
};

// `flag` of a page of changes, which Kith's own client asks for (decision 046).
inline constexpr std::int32_t kMoreBehind = 1;
inline constexpr std::int32_t kSomeMissing = 2;

struct ConvCommand {
  Texts members;  ///< `m`
  Flag transient;
  Flag unique;
  Text cid;
  Text cdate;
  Text init_by;
  Text sort;
  Int limit;
  Int skip;
  Int flag;
  Int count;
  Text udate;
  Long time;       ///< `t`, of the signature: seconds or ms
  Text nonce;      ///< `n`
  Text signature;  ///< `s`
  Flag status_sub;
  Flag status_pub;
  Int status_ttl;
  Text unique_id;
  Text target_client_id;
  Long max_read_timestamp;
  Long max_ack_timestamp;
  Flag query_all_members;
  List<MaxReadTuple> max_read_tuples;
  Texts cids;
  std::optional<ConvMemberInfo> info;
  Flag temp_conv;
  Int temp_conv_ttl;  ///< seconds
  Texts temp_conv_ids;
  Texts allowed_pids;
  List<ErrorCommand> failed_pids;
  Flag existing;
  Text next;
  std::optional<Json> results;
  std::optional<Json> where;
  std::optional<Json> attr;
  std::optional<Json> attr_modified;
};

/// Groups of v1.
struct RoomCommand {
  Text room_id;
  Text signature;  ///< `s`
  Long time;       ///< `t`, of the signature
  Text nonce;      ///< `n`
  Flag transient;
  Texts room_peer_ids;
  Text by_peer_id;
};

struct PresenceCommand {
  std::optional<Status> status;
  Texts session_peer_ids;
  Text cid;
};

struct ReportCommand {
  Flag initiative;
  Text type;
  Text data;
};

struct PatchCommand {
  List<PatchItem> patches;
  Long last_patch_time;
};

struct PubsubCommand {
  Text cid;
  Texts cids;
  Text topic;
  Text subtopic;
  Texts topics;
  Texts subtopics;
  std::optional<Json> results;
};

struct BlacklistCommand {
  Text src_cid;
  Texts to_pids;
  Text src_pid;
  Texts to_cids;
  Int limit;
  Text next;
  Texts blocked_pids;
  Texts blocked_cids;
  Texts allowed_pids;
  List<ErrorCommand> failed_pids;
  Long time;       ///< `t`, of the signature: seconds or ms
  Text nonce;      ///< `n`
  Text signature;  ///< `s`
};

/// monostate: `echo`, `goaway` and others have none, and any command may come without.
using Body = std::variant<std::monostate, DataCommand, SessionCommand, ErrorCommand, DirectCommand,
                          AckCommand, UnreadCommand, ReadCommand, RcpCommand, LogsCommand,
                          ConvCommand, RoomCommand, PresenceCommand, ReportCommand, PatchCommand,
                          PubsubCommand, BlacklistCommand, LoginCommand, LoggedinCommand>;

/// GenericCommand: one frame, whichever way it goes.
struct Command {
  Cmd cmd{Cmd::None};
  std::optional<Op> op;
  Text app_id;
  Text peer_id;
  Int i;  ///< the serial: any number, also below 0
  Text installation_id;
  Int priority;  ///< of a message in a chat room: 1 high, 2 normal, 3 low
  Int service;   ///< 0 push, 1 LiveQuery, 2 messaging
  Long server_ts;
  Long client_ts;
  Int notification_type;  ///< 1: the event can also be had over REST
  Body body;

  /// Null when the body is another.
  template <typename Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&body);
  }
};

}  // namespace kith::leancloud
