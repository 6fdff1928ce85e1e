// SPDX-License-Identifier: Apache-2.0
#include "server/rest/import_rows.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/peer_id.hpp"
#include "json/half_escapes.hpp"
#include "json/json_value.hpp"
#include "json/raw_json.hpp"
#include "server/objects/acl.hpp"
#include "server/objects/object.hpp"
#include "server/objects/value.hpp"
#include "sign/signer.hpp"

namespace kith::rest {
namespace {

using json::JsonMember;
using json::JsonValue;
using Kind = JsonValue::Kind;

constexpr std::string_view kMasterOnly = "{}";
constexpr std::string_view kRecalled = R"("_lctype":-127)";
constexpr std::size_t kPairIdChars = 32;

/// Calls `take(line)` for each line that is not empty, and counts them all. What take() returns is
/// why the line is none; empty = it was taken.
template <typename Take>
void eachLine(std::string_view body, ImportedRows& rows, Take take) {
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    ++rows.lines;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    std::string why = take(line);
    if (!why.empty()) rows.faults.push_back({rows.lines, std::move(why)});
  }
}

std::string whyBadId(std::string_view what, std::string_view id) {
  const std::string_view why = base::whyBadPeerId(id);
  return why.empty() ? std::string() : std::string(what) + ": " + std::string(why);
}

std::string whyBadTime(std::string_view what, std::int64_t time, std::int64_t now) {
  if (time <= 0) return std::string(what) + " is no time";
  return time > now + kImportAheadMs ? std::string(what) + " is in the future" : std::string();
}

/// The first that says something.
std::string firstOf(std::initializer_list<std::string> whys) {
  for (const std::string& why : whys) {
    if (!why.empty()) return why;
  }
  return {};
}

// --- messages ------------------------------------------------------------------------------------

/// The members of a line that count, as texts.
struct MessageLine {
  std::string conv_id, id, from, text;
  std::int64_t timestamp{0};
  bool has_text{false};
  bool binary{false};
  std::vector<std::string> to;

  void read(const json::RawMember& member);
  std::string whyBad(std::int64_t now) const;
};

void MessageLine::read(const json::RawMember& member) {
  const auto words = [&] { return json::rawText(member.value).value_or(std::string()); };
  if (member.name == "conv-id") {
    conv_id = words();
  } else if (member.name == "msg-id") {
    id = words();
  } else if (member.name == "from") {
    from = words();
  } else if (member.name == "timestamp") {
    timestamp = json::rawInteger(member.value).value_or(0);
  } else if (member.name == "bin") {
    binary = member.value == "true";
  } else if (member.name == "data") {
    std::optional<std::string> data = json::rawText(member.value);
    has_text = data.has_value();
    if (has_text) text = *std::move(data);
  } else if (member.name == "to") {
    json::RawList list(member.value);
    while (const auto item = list.next()) {
      if (auto peer = json::rawText(*item)) to.push_back(*std::move(peer));
    }
    if (auto peer = json::rawText(member.value)) to.push_back(*std::move(peer));
  }
}

std::string MessageLine::whyBad(std::int64_t now) const {
  return firstOf({whyBadId("msg-id", id), whyBadId("conv-id", conv_id), whyBadId("from", from),
                  whyBadTime("timestamp", timestamp, now),
                  has_text ? std::string() : std::string("data is no text"),
                  text.size() <= kImportTextBytes
                      ? std::string()
                      : "data has more than " + std::to_string(kImportTextBytes) + " bytes"});
}

/// The others of a pair, when `conv-id` is that of the sender and those it was sent to.
std::vector<storage::ImportedPeer> othersOf(const MessageLine& line, const IsOnline& is_online) {
  std::vector<storage::ImportedPeer> others;
  if (line.conv_id.size() != kPairIdChars) return others;
  const std::set<std::string_view> all(line.to.begin(), line.to.end());
  std::vector<std::string_view> peers{line.from};
  for (const std::string_view peer : all) {
    if (peer != line.from && base::whyBadPeerId(peer).empty()) peers.push_back(peer);
  }
  if (peers.size() < 2 || sign::conversationId(peers) != line.conv_id) return others;
  for (auto peer = peers.begin() + 1; peer != peers.end(); ++peer) {
    others.push_back({*peer, is_online(*peer)});
  }
  return others;
}

// --- objects -------------------------------------------------------------------------------------

/// An object of a class, taken apart.
struct ObjectLine {
  std::string id;
  std::int64_t created{0};
  std::int64_t updated{0};
  std::optional<JsonValue> acl;
  JsonValue fields;  ///< the rest

  std::string read(std::string_view line);
  /// Takes a field out; nullopt = there is none.
  std::optional<JsonValue> take(std::string_view name);
  std::string whyBad(std::string_view text) const;
};

std::int64_t timeIn(const std::optional<JsonValue>& value) {
  if (!value) return 0;
  const JsonValue* const iso = value->is(Kind::Object) ? value->find("iso") : nullptr;
  const JsonValue& text = iso != nullptr ? *iso : *value;
  return text.is(Kind::Text) ? objects::parseTime(text.text).value_or(0) : 0;
}

std::string textIn(const std::optional<JsonValue>& value) {
  return value && value->is(Kind::Text) ? value->text : std::string();
}

bool isTrue(const std::optional<JsonValue>& value) {
  return value && value->is(Kind::Bool) && value->truth;
}

std::optional<JsonValue> ObjectLine::take(std::string_view name) {
  const auto found = std::find_if(fields.members.begin(), fields.members.end(),
                                  [&](const JsonMember& member) { return member.name == name; });
  if (found == fields.members.end()) return std::nullopt;
  JsonValue value = std::move(found->value);
  fields.members.erase(found);
  return value;
}

// Escapes that stand for half of a character are in no text of ours.
std::string ObjectLine::read(std::string_view line) {
  std::string whole;
  if (json::mayHaveHalfEscapes(line)) {
    whole = line;
    json::eachHalfEscape(whole, [&](std::size_t at) { json::replaceEscape(whole.data(), at); });
    line = whole;
  }
  Result<JsonValue> parsed = json::parseJson(line, "it");
  if (!parsed) return parsed.error().detail;
  if (!parsed->is(Kind::Object)) return "is no object";
  fields = std::move(parsed).value();
  id = textIn(take("objectId"));
  created = timeIn(take("createdAt"));
  updated = std::max(timeIn(take("updatedAt")), created);
  acl = take("ACL");
  if (!objects::isObjectId(id)) return "objectId is no id of an object";
  return created > 0 ? std::string() : "createdAt is no time";
}

std::string ObjectLine::whyBad(std::string_view text) const {
  if (text.size() > objects::kObjectBytes) {
    return "has more than " + std::to_string(objects::kObjectBytes) + " bytes";
  }
  if (fields.members.size() <= objects::kObjectFields) return {};
  return "has more than " + std::to_string(objects::kObjectFields) + " fields";
}

/// The members of a conversation, each once; why they cannot be, in `why`.
std::vector<std::string> membersIn(const std::optional<JsonValue>& list, std::string& why) {
  std::vector<std::string> members;
  if (!list || !list->is(Kind::List)) return members;
  std::set<std::string_view> seen;
  for (const JsonValue& item : list->items) {
    const std::string_view id = item.is(Kind::Text) ? std::string_view(item.text) : "";
    if (why.empty()) why = whyBadId("m", id);
    if (seen.insert(id).second) members.emplace_back(id);
  }
  return members;
}

struct ConversationParts {
  ObjectLine object;
  storage::ImportedConversation row;
  std::vector<std::string> members;
  std::string creator, fields, pair;
};

std::string readConversation(std::string_view line, std::int64_t now, ConversationParts& parts) {
  ObjectLine& object = parts.object;
  std::string why = object.read(line);
  if (!why.empty()) return why;
  parts.creator = textIn(object.take("c"));
  parts.row.open = isTrue(object.take("tr"));
  const auto service = object.take("sys");
  parts.row.service = isTrue(service) && !parts.row.open;
  if (service && !parts.row.service) object.fields.members.push_back({"sys", *service});
  // It is read from the log.
  static_cast<void>(object.take(storage::kLastMessageKey));
  parts.members = membersIn(object.take("m"), why);
  if (parts.row.open || parts.row.service) parts.members.clear();
  // A unique conversation is the one of its members. Its other name is ours.
  const auto unique = object.take("unique");
  if (isTrue(unique) && parts.members.size() > 1) {
    const std::vector<std::string_view> all(parts.members.begin(), parts.members.end());
    parts.pair = sign::conversationId(all);
    static_cast<void>(object.take("uniqueId"));
  } else if (unique) {
    object.fields.members.push_back({"unique", *unique});
  }
  parts.fields = json::formatJson(object.fields);
  return firstOf({std::move(why), parts.creator.empty() ? "" : whyBadId("c", parts.creator),
                  whyBadTime("createdAt", object.created, now), object.whyBad(parts.fields)});
}

// --- what peers are ------------------------------------------------------------------------------

struct StandingLine {
  std::string conv_id;
  StandingKind kind{StandingKind::Manager};
  bool subscribers{false};
  std::vector<std::string> peers;  ///< none: there is nothing that it would make of them

  std::string read(std::string_view text);
};

std::string textOf(std::string_view object, std::string_view name) {
  const auto value = json::rawMember(object, name);
  return value ? json::rawText(*value).value_or(std::string()) : std::string();
}

std::string StandingLine::read(std::string_view text) {
  const Result<std::string_view> checked = json::checkedJson(text, "it");
  if (!checked) return checked.error().detail;
  const std::string list = textOf(*checked, "list");
  conv_id = textOf(*checked, list.empty() ? "cid" : "conv-id");
  if (list.empty()) {
    const std::string role = textOf(*checked, "role");
    const std::string peer = textOf(*checked, "clientId");
    if (role == "Manager") peers.push_back(peer);
    if (role != "Manager" && role != "Member" && role != "Owner") return "role is none";
    if (std::string why = whyBadId("clientId", peer); !why.empty()) return why;
  } else if (list == "permanent-silenceds" || list == "blacklists") {
    kind = list == "blacklists" ? StandingKind::Blocked : StandingKind::Silenced;
    json::RawList ids(json::rawMember(*checked, "client_ids").value_or("[]"));
    while (const auto id = ids.next()) peers.push_back(json::rawText(*id).value_or(std::string()));
  } else if (list == "subscribers") {
    subscribers = true;
    json::RawList rows(json::rawMember(*checked, "subscribers").value_or("[]"));
    while (const auto row = rows.next()) peers.push_back(textOf(*row, "subscriber"));
  } else {
    return "list is none";
  }
  for (const std::string& peer : peers) {
    if (std::string why = whyBadId(subscribers ? "subscriber" : "client_ids", peer); !why.empty())
      return why;
  }
  return whyBadId(list.empty() ? "cid" : "conv-id", conv_id);
}

bool isForMasterAlone(std::string_view class_name) {
  constexpr std::array<std::string_view, 2> kHidden{"_User", "_Installation"};
  return std::find(kHidden.begin(), kHidden.end(), class_name) != kHidden.end();
}

}  // namespace

ImportedRows readMessages(std::string_view body, std::int64_t now_ms, const IsOnline& is_online) {
  ImportedRows rows;
  eachLine(body, rows, [&](std::string_view text) {
    const Result<std::string_view> checked = json::checkedJson(text, "it");
    if (!checked) return checked.error().detail;
    MessageLine line;
    json::RawObject object(*checked);
    while (const auto member = object.next()) line.read(*member);
    std::string why = line.whyBad(now_ms);
    if (!why.empty()) return why;
    storage::MessageExtra extra;
    extra.binary = line.binary;
    extra.recalled = !line.binary && line.text.find(kRecalled) != std::string::npos;
    const std::string packed = extra.pack();
    storage::ImportedMessage row;
    row.line = rows.lines;
    row.conv_id = line.conv_id;
    row.id = line.id;
    row.from = {line.from, is_online(line.from)};
    row.timestamp = line.timestamp;
    row.text = line.text;
    row.extra = packed;
    row.others = othersOf(line, is_online);
    row.pack(rows.packed);
    return std::string();
  });
  return rows;
}

ImportedRows readConversations(std::string_view body, std::int64_t now_ms,
                               const IsOnline& is_online) {
  ImportedRows rows;
  eachLine(body, rows, [&](std::string_view text) {
    ConversationParts parts;
    std::string why = readConversation(text, now_ms, parts);
    if (!why.empty()) return why;
    storage::ImportedConversation& row = parts.row;
    row.line = rows.lines;
    row.id = parts.object.id;
    row.creator = parts.creator;
    row.created = parts.object.created;
    row.updated = parts.object.updated;
    row.fields = parts.fields;
    row.pair = parts.pair;
    for (const std::string& member : parts.members)
      row.members.push_back({member, is_online(member)});
    row.pack(rows.packed);
    return std::string();
  });
  return rows;
}

ImportedRows readStandings(std::string_view body, const IsOnline& is_online) {
  ImportedRows rows;
  eachLine(body, rows, [&](std::string_view text) {
    StandingLine line;
    std::string why = line.read(text);
    if (!why.empty()) return why;
    storage::ImportedStanding row;
    row.line = rows.lines;
    row.conv_id = line.conv_id;
    row.kind = line.kind;
    row.subscribers = line.subscribers;
    for (const std::string& peer : line.peers) row.peers.push_back({peer, is_online(peer)});
    row.pack(rows.packed);
    return std::string();
  });
  return rows;
}

ImportedRows readObjects(std::string_view body, std::string_view class_name) {
  ImportedRows rows;
  eachLine(body, rows, [&](std::string_view text) -> std::string {
    ObjectLine object;
    std::string why = object.read(text);
    if (!why.empty()) return why;
    std::string acl(kMasterOnly);
    if (object.acl && !isForMasterAlone(class_name)) {
      Result<std::string> kept = objects::formatAcl(*object.acl);
      if (!kept) return kept.error().detail;
      acl = std::move(kept).value();
    }
    const std::string fields = json::formatJson(object.fields);
    why = object.whyBad(fields);
    if (!why.empty()) return why;
    storage::ImportedObject{rows.lines, object.id, object.created, object.updated, fields, acl}
        .pack(rows.packed);
    return {};
  });
  return rows;
}

}  // namespace kith::rest
