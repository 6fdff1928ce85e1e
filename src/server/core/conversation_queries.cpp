// SPDX-License-Identifier: Apache-2.0
// Which conversations there are (leancloud-current §5.2).
#include <algorithm>

#include "base/close_codes.hpp"
#include "base/text_codes.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"
#include "server/core/conversations.hpp"

namespace kith::core {
namespace {

bool saysNothing(std::string_view where) {
  return where.find_first_not_of(" \t\r\n{}") == std::string_view::npos;
}

/// Whether a peer has switched off the pushes of a conversation with these fields.
bool isMuted(std::string_view fields, std::string_view peer) {
  if (fields.find(R"("mu":)") == std::string_view::npos) return false;
  const Result<json::JsonValue> parsed = json::parseJson(fields, "object");
  if (!parsed) return false;
  const json::JsonValue* const muted = parsed->find("mu");
  return muted != nullptr &&
         std::any_of(muted->items.begin(), muted->items.end(),
                     [peer](const json::JsonValue& each) { return each.text == peer; });
}

}  // namespace

std::int64_t Conversations::secondsUntil(std::int64_t end) const {
  const std::int64_t left = end - context_.now.wall.count();
  return left > 0 ? (left + 999) / 1000 : 0;
}

void Conversations::find(Session& session, const Serial& i, const FindConversations& wish) {
  PendingCommand& asked = context_.beginAsk(session, i);
  asked.intent.assign(wish);
  std::string own;
  storage::FindObjects request;
  request.app_id = session.peer->app.options.id;
  request.class_name = storage::kConversationsClass;
  request.where = wish.where;
  if (!wish.temporary.empty()) {
    request.class_name = storage::kTemporaryClass;
    own = json::JsonWriter().list("$in", wish.temporary).finish();
    own = json::JsonWriter().raw("objectId", own).finish();
    request.where = own;
  } else if (saysNothing(wish.where)) {
    own = R"({"m":)" + session.peer->quoted + "}";
    request.where = own;
  }
  request.order = wish.order;
  request.limit =
      static_cast<std::size_t>(std::clamp<std::int64_t>(wish.limit, 0, objects::kFoundObjects));
  request.skip = static_cast<std::size_t>(std::max<std::int64_t>(wish.skip, 0));
  request.user_id = session.peer->id;
  request.last_messages = wish.last_messages;
  context_.storage.submit(asked.token, request);
}

void Conversations::onFound(PendingCommand& asked, const Result<objects::FoundObjects>& found) {
  if (!found) return answerError(asked, found.error(), base::kConversationQueryFailed);
  if (std::holds_alternative<AskMembership>(asked.intent.get())) {
    return answerMembership(asked, *found);
  }
  const auto& wish = std::get<FindConversations>(asked.intent.get());
  static const objects::Selection kAll = *objects::Selection::parse("-ACL");
  static const objects::Selection kNoMembers = *objects::Selection::parse("-ACL,-m");
  static const objects::Selection kTemporary = *objects::Selection::parse("-ACL,-ttl");
  scratch_ = "[";
  std::int64_t now = 0;
  for (const objects::Object& object : found->objects) {
    if (scratch_.size() > Context::answerBytesOf(asked)) break;
    const bool temporary = base::isTemporaryId(object.id);
    const std::int64_t left = temporary ? secondsUntil(storage::endOf(object)) : 0;
    if (temporary && left == 0) continue;
    if (scratch_.size() > 1) scratch_ += ',';
    scratch_ += objects::formatObject(object, temporary              ? kTemporary
                                              : wish.without_members ? kNoMembers
                                                                     : kAll);
    if (temporary) {
      scratch_.back() = ',';
      scratch_ += R"("ttl":)" + std::to_string(left) + '}';
      now = context_.now.wall.count();
    }
    if (!isMuted(object.json, asked.session->peer->id)) continue;
    scratch_.back() = ',';
    scratch_ += R"("muted":true})";
  }
  scratch_ += ']';
  Context::answer(asked, ConversationsFound{scratch_, now});
}

// Conversations without a list of members have none.
void Conversations::askMembership(Session& session, const Serial& i, const AskMembership& wish) {
  PendingCommand& asked = context_.beginAsk(session, i);
  asked.intent.assign(wish);
  const std::string where = json::JsonWriter().list("$in", wish.groups).finish();
  const std::string both =
      json::JsonWriter().raw("objectId", where).raw("m", session.peer->quoted).finish();
  storage::FindObjects request;
  request.app_id = session.peer->app.options.id;
  request.class_name = storage::kConversationsClass;
  request.where = both;
  request.limit = objects::kFoundObjects;
  request.user_id = session.peer->id;
  context_.storage.submit(asked.token, request);
}

void Conversations::answerMembership(PendingCommand& asked, const objects::FoundObjects& found) {
  json::JsonWriter answers;
  IdSet said;
  for (const std::string_view id : std::get<AskMembership>(asked.intent.get()).groups) {
    if (!said.insert(id).second) continue;
    const auto isIt = [id](const objects::Object& object) { return object.id == id; };
    answers.flag(id, std::any_of(found.objects.begin(), found.objects.end(), isIt));
  }
  const std::string text = answers.finish();
  Context::answer(asked, MembershipReply{text});
}

}  // namespace kith::core
