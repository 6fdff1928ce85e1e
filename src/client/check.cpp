// SPDX-License-Identifier: Apache-2.0
#include "client/check.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/peer_id.hpp"
#include "base/text_codes.hpp"
#include "base/utf8.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"

namespace kith::client {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMessageIdBytes = 256;

Result<void> checkDuration(milliseconds value, milliseconds least, std::string_view field) {
  if (value >= least) return {};
  return badArgument(std::string(field) + ": is " + std::to_string(value.count()) +
                     " ms; give at least " + std::to_string(least.count()) + " ms");
}

Result<void> checkTimes(const Options& options) {
  struct Row {
    milliseconds value;
    long least;
    const char* field;
  };
  const ReconnectOptions& reconnect = options.reconnect;
  const KeepaliveOptions& keepalive = options.keepalive;
  const Row rows[] = {
      {reconnect.first_delay, 1, "reconnect.first_delay"},
      {reconnect.max_delay, reconnect.first_delay.count(), "reconnect.max_delay"},
      {reconnect.hint_interval, 0, "reconnect.hint_interval"},
      {keepalive.interval, 0, "keepalive.interval"},
      {keepalive.deadline, keepalive.interval.count() > 0 ? 1 : 0, "keepalive.deadline"},
      {options.outbox.expiry, 0, "outbox.expiry"},
      {options.connect_timeout, 1, "connect_timeout"},
      {options.command_timeout, 1, "command_timeout"},
      {options.signature_timeout, 1, "signature_timeout"},
  };
  for (const Row& row : rows) {
    if (auto ok = checkDuration(row.value, milliseconds(row.least), row.field); !ok) return ok;
  }
  return {};
}

Result<void> checkCounts(const Options& options) {
  if (options.reconnect.max_attempts < 0) {
    return badArgument("reconnect.max_attempts: is negative; 0 means never give up");
  }
  if (options.outbox.max_messages == 0) {
    return badArgument("outbox.max_messages: is 0; nothing could ever be sent");
  }
  if (options.outbox.max_bytes == 0) {
    return badArgument("outbox.max_bytes: is 0; nothing could ever be sent");
  }
  if (options.outbox.max_in_flight == 0) {
    return badArgument("outbox.max_in_flight: is 0; nothing could ever be sent");
  }
  if (options.inbox.max_messages == 0) {
    return badArgument("inbox.max_messages: is 0; nothing could ever be received");
  }
  if (options.inbox.max_bytes < limits::kFrameBytes) {
    return badArgument("inbox.max_bytes: is " + std::to_string(options.inbox.max_bytes) +
                       "; give at least " + std::to_string(limits::kFrameBytes));
  }
  return {};
}

Result<void> checkReceipt(const Message& message) {
  if (!message.receipt) return {};
  if (!message.group_id.empty()) {
    return badArgument("message.receipt: groups have no receipts; leave it false");
  }
  if (message.transient) {
    return badArgument("message.receipt: a transient message has no receipt; leave one of the two");
  }
  if (message.to.size() != 1) {
    return badArgument("message.receipt: needs exactly one receiver; send to each on its own");
  }
  return {};
}

}  // namespace

Error badArgument(std::string detail) {
  return {Errc::InvalidArgument, 0, std::move(detail), false};
}

Result<void> checkOptions(const Options& options) {
  if (auto ok = checkTimes(options); !ok) return ok;
  if (auto ok = checkCounts(options); !ok) return ok;
  if (options.tls.client_cert_file.empty() != options.tls.client_key_file.empty()) {
    return badArgument(options.tls.client_cert_file.empty()
                           ? "tls.client_cert_file: is empty, but client_key_file is set"
                           : "tls.client_key_file: is empty, but client_cert_file is set");
  }
  return {};
}

Result<void> checkPeerId(std::string_view id, std::string_view field) {
  const std::string_view why = base::whyBadPeerId(id);
  if (why.empty()) return {};
  return Error{Errc::InvalidPeerId, 0,
               std::string(field) + ": " + std::string(why) +
                   "; a peer id has 1 to 64 characters of UTF-8 without control characters",
               false};
}

Result<void> checkPeers(const std::vector<std::string>& peers, std::string_view field,
                        bool may_be_empty) {
  if (peers.empty() && !may_be_empty) {
    return badArgument(std::string(field) + ": is empty; name at least one peer");
  }
  if (peers.size() > limits::kPeersPerCall) {
    return Error{Errc::TooManyPeers, 0,
                 std::string(field) + ": names " + std::to_string(peers.size()) +
                     " peers; one call takes " + std::to_string(limits::kPeersPerCall),
                 false};
  }
  for (std::size_t i = 0; i < peers.size(); ++i) {
    if (base::whyBadPeerId(peers[i]).empty()) continue;
    return checkPeerId(peers[i], std::string(field) + "[" + std::to_string(i) + "]");
  }
  return {};
}

namespace {

// A frame with the longest ids around it.
constexpr std::size_t kObjectBytes = limits::kFrameBytes - 1024;

constexpr int kHistoryMessages = 1000;  // avos-v1 §11.2

constexpr std::chrono::hours kLongestLife{24};  // of a temporary conversation

Result<void> checkLimit(int limit, int most) {
  if (limit >= 1 && limit <= most) return {};
  return badArgument("query.limit: is " + std::to_string(limit) + "; give 1 to " +
                     std::to_string(most));
}

Result<void> checkMessageId(std::string_view id, std::string_view field) {
  if (!base::isUtf8(id)) return badArgument(std::string(field) + ": is not UTF-8");
  if (id.size() <= kMessageIdBytes) return {};
  return badArgument(std::string(field) + ": is no id of a message; they have 256 bytes at most");
}

Result<void> checkObjectSize(std::string_view text, std::string_view field) {
  if (text.size() <= kObjectBytes) return {};
  return Error{Errc::MessageTooLong, 0,
               std::string(field) + ": has " + std::to_string(text.size()) + " bytes; at most " +
                   std::to_string(kObjectBytes) + " go through",
               false};
}

Result<void> checkTemporary(const std::vector<std::string>& ids) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (base::isTemporaryId(ids[i]) && base::whyBadPeerId(ids[i]).empty()) continue;
    return badArgument("query.temporary[" + std::to_string(i) +
                       "]: is no id of a temporary conversation; these begin with " +
                       std::string(base::kTemporaryPrefix));
  }
  json::JsonWriter list;
  return checkObjectSize(list.list("ids", ids).finish(), "query.temporary");
}

}  // namespace

Result<void> checkGroupId(std::string_view id) {
  if (id.empty()) return badArgument("group_id: is empty; join() the group first");
  const std::string_view why = base::whyBadPeerId(id);
  if (why.empty()) return {};
  return badArgument("group_id: " + std::string(why));
}

Result<void> checkMessage(const Message& message) {
  if (!message.binary && !base::isUtf8(message.text)) {
    return badArgument("message.text: is not UTF-8; set message.binary for bytes of any value");
  }
  if (auto ok = checkPeers(message.mentions, "message.mentions", true); !ok) return ok;
  if (message.group_id.empty()) {
    if (message.to.empty()) {
      return badArgument("message.to: is empty, and so is group_id; name a receiver");
    }
    if (auto ok = checkPeers(message.to, "message.to", false); !ok) return ok;
  } else {
    if (!message.to.empty()) {
      return badArgument("message.to: must be empty when group_id is set");
    }
    if (auto ok = checkGroupId(message.group_id); !ok) return ok;
  }
  return checkReceipt(message);
}

Result<void> checkHistory(const HistoryQuery& query) {
  if (query.peer.empty() == query.group_id.empty()) {
    return badArgument(query.peer.empty() ? "query.peer: is empty, and so is group_id; set one"
                                          : "query.group_id: set either it or peer, not both");
  }
  if (!query.peer.empty()) {
    if (auto ok = checkPeerId(query.peer, "query.peer"); !ok) return ok;
  } else if (auto ok = checkGroupId(query.group_id); !ok) {
    return ok;
  }
  if (auto ok = checkLimit(query.limit, kHistoryMessages); !ok) return ok;
  if (query.before < Timestamp{}) return badArgument("query.before: lies before the epoch");
  if (!query.before_id.empty() && query.before == Timestamp{}) {
    return badArgument("query.before_id: needs the same message's time in query.before");
  }
  return checkMessageId(query.before_id, "query.before_id");
}

Result<void> checkPage(const PageQuery& query) {
  if (auto ok = checkLimit(query.limit, limits::kPageMessages); !ok) return ok;
  if (query.from < Timestamp{}) return badArgument("query.from: lies before the epoch");
  if (!query.from_id.empty() && query.from == Timestamp{}) {
    return badArgument("query.from_id: needs the same message's time in query.from");
  }
  return checkMessageId(query.from_id, "query.from_id");
}

Result<void> checkLifetime(const NewConversation& what) {
  const std::chrono::seconds lifetime = what.lifetime;
  if (lifetime < std::chrono::seconds{0} || lifetime > kLongestLife) {
    return badArgument("lifetime: is " + std::to_string(lifetime.count()) +
                       " s; give 1 s to a day, or 0 for a day");
  }
  if (lifetime.count() == 0 || what.temporary) return {};
  return badArgument("lifetime: is set, but the conversation stays; set temporary, too");
}

Result<void> checkObject(std::string_view text, std::string_view field) {
  if (auto ok = checkObjectSize(text, field); !ok) return ok;
  const Result<json::JsonValue> parsed = json::parseJson(text, field);
  if (parsed && parsed->is(json::JsonValue::Kind::Object)) return {};
  return badArgument(std::string(field) + ": is not a JSON object");
}

Result<void> checkQuery(const ConversationQuery& query) {
  if (auto ok = checkLimit(query.limit, limits::kPageMessages); !ok) return ok;
  if (query.skip < 0) return badArgument("query.skip: is negative");
  if (!base::isUtf8(query.order) || query.order.size() > kMessageIdBytes) {
    return badArgument("query.order: is not UTF-8, or longer than 256 bytes");
  }
  if (auto ok = checkTemporary(query.temporary); !ok) return ok;
  return query.where.empty() ? Result<void>{} : checkObject(query.where, "query.where");
}

Result<void> checkKept(const Message& message) {
  if (message.id.empty()) {
    return badArgument("message.id: is empty; it is in the message's Receipt, or in the history");
  }
  if (message.timestamp <= Timestamp{}) {
    return badArgument("message.timestamp: is not after the epoch; it stands beside the id");
  }
  return checkMessageId(message.id, "message.id");
}

}  // namespace kith::client
