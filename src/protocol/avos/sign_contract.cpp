// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/sign_contract.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "base/redact.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"

namespace kith::avos {
namespace {

bool isGroupAction(SignedAction action) {
  return action != SignedAction::Open && action != SignedAction::Watch &&
         action != SignedAction::History;
}

std::string_view wordOf(SignedAction action) {
  switch (action) {
    case SignedAction::Invite: return "invite";
    case SignedAction::Kick: return "kick";
    case SignedAction::Members: return "members";
    case SignedAction::Block: return "conversation-block-clients";
    case SignedAction::Unblock: return "conversation-unblock-clients";
    default: return "join";
  }
}

Error make(Errc code, std::string detail) { return {code, 0, std::move(detail), false}; }

/// False when the member is there and no text. Absent leaves `out` as it is.
bool readText(const json::JsonValue& object, std::string_view name, std::string& out) {
  const json::JsonValue* value = object.find(name);
  if (value == nullptr) return true;
  if (!value->is(json::JsonValue::Kind::Text)) return false;
  out = value->text;
  return true;
}

/// False when the member is there and no list of texts. Absent leaves `out` as it is.
bool readList(const json::JsonValue& object, std::string_view name, std::vector<std::string>& out) {
  const json::JsonValue* value = object.find(name);
  if (value == nullptr) return true;
  if (!value->is(json::JsonValue::Kind::List)) return false;
  out.clear();
  for (const json::JsonValue& item : value->items) {
    if (!item.is(json::JsonValue::Kind::Text)) return false;
    out.push_back(item.text);
  }
  return true;
}

/// False when the member is there and neither text nor number. Absent leaves `out` as it is.
bool readNonce(const json::JsonValue& answer, std::string& out) {
  const json::JsonValue* nonce = answer.find("nonce");
  if (nonce == nullptr) return true;
  if (!nonce->is(json::JsonValue::Kind::Text) && !nonce->is(json::JsonValue::Kind::Number))
    return false;
  out = nonce->text;
  return true;
}

/// Seconds as digits, also in a text, and with a fraction of zeros as some languages write them.
std::optional<std::int64_t> readSeconds(const json::JsonValue& answer) {
  const json::JsonValue* timestamp = answer.find("timestamp");
  if (timestamp == nullptr) return std::nullopt;
  json::JsonValue whole = *timestamp;
  const std::size_t point = whole.text.find('.');
  if (point != std::string::npos && point + 1 < whole.text.size() &&
      whole.text.find_first_not_of('0', point + 1) == std::string::npos) {
    whole.text.resize(point);
  }
  return whole.integer(true);
}

/// What an answer without a signature means.
Error withoutSignature(const json::JsonValue& answer) {
  std::string words;
  const json::JsonValue* code = answer.find("code");
  const std::int64_t number = code != nullptr ? code->integer(true).value_or(0) : 0;
  if (!readText(answer, "error", words) || words.empty()) {
    return make(Errc::SignatureRefused,
                "signer: answer has no signature: the peer may not do this, or it is no signer");
  }
  const bool busy =
      number == 408 || number == 425 || number == 429 || (number >= 500 && number <= 599);
  return make(busy ? Errc::ServerBusy : Errc::SignatureRefused,
              "signer: answer has no signature but an error: " + base::cleanWords(words));
}

Error badCall(std::string why) {
  return make(Errc::InvalidArgument, "sign request: " + std::move(why));
}

/// The object that a signer was sent, and the peer that asks for the signature.
Result<json::JsonValue> parseCall(std::string_view body, SignatureRequest& request) {
  Result<json::JsonValue> parsed = json::parseJson(body, "body");
  if (!parsed) return badCall(parsed.error().detail);
  if (!parsed->is(json::JsonValue::Kind::Object)) return badCall("body is not a JSON object");
  if (!readText(*parsed, "self_id", request.peer_id) || request.peer_id.empty()) {
    return badCall("self_id must be a text that is not empty");
  }
  return parsed;
}

}  // namespace

std::string_view signPath(SignedAction action) {
  if (action == SignedAction::History) return "/history_sign";
  return isGroupAction(action) ? "/group_sign" : "/sign";
}

std::string formatSignRequest(const SignatureRequest& request) {
  json::JsonWriter json;
  json.text("self_id", request.peer_id);
  if (isGroupAction(request.action)) {
    json.text("group_id", request.group_id);
    json.list("group_peer_ids", request.peer_ids);
    json.text("action", wordOf(request.action));
  } else if (request.action != SignedAction::History) {
    json.list("watch_ids", request.peer_ids);
  } else if (request.group_id.empty()) {
    json.list("peer_ids", request.peer_ids);
  } else {
    json.text("group_id", request.group_id);
  }
  return json.finish();
}

Result<Signature> parseSignAnswer(std::string_view body, const SignatureRequest& request) {
  const Result<json::JsonValue> parsed = json::parseJson(body, "signer: answer");
  if (!parsed) return make(Errc::ServerBusy, parsed.error().detail + "; check the signer's URL");
  const auto refused = [](std::string why) {
    return make(Errc::SignatureRefused, "signer: answer " + std::move(why));
  };
  if (!parsed->is(json::JsonValue::Kind::Object)) {
    return make(Errc::ServerBusy, "signer: answer is not a JSON object; check the signer's URL");
  }
  // Called as a cloud function the contract's answer comes inside of `result`.
  const json::JsonValue* wrapped = parsed->find("result");
  const json::JsonValue& answer =
      wrapped != nullptr && wrapped->is(json::JsonValue::Kind::Object) ? *wrapped : *parsed;

  Signature signature;
  signature.signed_peer_ids = request.peer_ids;
  if (!readText(answer, "signature", signature.signature) || signature.signature.empty()) {
    return withoutSignature(answer);
  }
  if (!readNonce(answer, signature.nonce)) return refused("has a nonce that is no text");
  const auto seconds = readSeconds(answer);
  if (!seconds) return refused("has no timestamp in whole seconds");
  signature.timestamp = *seconds;
  if (request.action == SignedAction::History) return signature;
  const char* list = isGroupAction(request.action) ? "group_peer_ids" : "watch_ids";
  if (!readList(answer, list, signature.signed_peer_ids)) {
    return refused(std::string("has ") + list + " that is no list of texts");
  }
  return signature;
}

Result<SignCall> parseSignCall(std::string_view body, bool group) {
  SignCall call;
  SignatureRequest& request = call.request;
  const Result<json::JsonValue> parsed = parseCall(body, request);
  if (!parsed) return parsed.error();
  const char* list = group ? "group_peer_ids" : "watch_ids";
  if (!readList(*parsed, list, request.peer_ids)) {
    return badCall(std::string(list) + " must be a list of texts");
  }
  if (const json::JsonValue* sp = parsed->find("sp"); sp != nullptr) call.is_super = sp->truthy();
  if (!group) return call;

  if (!readText(*parsed, "group_id", request.group_id)) return badCall("group_id must be a text");
  std::string action;
  if (!readText(*parsed, "action", action)) action.clear();
  for (const SignedAction known :
       {SignedAction::Join, SignedAction::Invite, SignedAction::Kick, SignedAction::Members,
        SignedAction::Block, SignedAction::Unblock}) {
    if (action == wordOf(known)) {
      request.action = known;
      return call;
    }
  }
  return badCall(
      "action must be join, invite, kick, members, conversation-block-clients or "
      "conversation-unblock-clients");
}

Result<SignCall> parseHistorySignCall(std::string_view body) {
  SignCall call;
  SignatureRequest& request = call.request;
  const Result<json::JsonValue> parsed = parseCall(body, request);
  if (!parsed) return parsed.error();
  request.action = SignedAction::History;
  if (!readText(*parsed, "group_id", request.group_id)) return badCall("group_id must be a text");
  if (!readList(*parsed, "peer_ids", request.peer_ids)) {
    return badCall("peer_ids must be a list of texts");
  }
  // Both would leave it to the signer which one it looks at and which one it signs.
  if (request.group_id.empty() == request.peer_ids.empty()) {
    return badCall("give either group_id or peer_ids");
  }
  return call;
}

std::string formatSignAnswer(const SignCall& call, const Signature& signature) {
  json::JsonWriter json;
  json.text("nonce", signature.nonce);
  json.integer("timestamp", signature.timestamp);
  json.text("signature", signature.signature);
  if (isGroupAction(call.request.action)) {
    json.list("group_peer_ids", signature.signed_peer_ids);
    json.text("group_id", call.request.group_id);
    json.text("action", wordOf(call.request.action));
  } else if (call.request.action != SignedAction::History) {
    json.list("watch_ids", signature.signed_peer_ids);
    if (call.is_super) json.flag("sp", true);
  }
  return json.finish();
}

}  // namespace kith::avos
