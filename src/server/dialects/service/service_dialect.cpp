// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/service/service_dialect.hpp"

#include <algorithm>
#include <string>
#include <variant>

#include "base/ascii.hpp"
#include "base/close_codes.hpp"
#include "json/json_writer.hpp"
#include "server/objects/value.hpp"

namespace kith::dialects {
namespace {

using json::JsonWriter;

constexpr std::size_t kStatusDigits = 3;

int statusOf(int code) {
  switch (code) {
    case base::kAppNotAvailable:
    case base::kConversationNotFound:
    case base::kMessageNotFound: return 404;
    case base::kConversationMembershipRequired:
    case base::kConversationOperationUnauthorized:
    case base::kMessageOwnershipRequired: return 403;
    case base::kInternalError: return 503;
    default: return 400;
  }
}

/// Appends what a notice is as an answer.
class Answering {
 public:
  explicit Answering(std::string& out) : out_(out) {}

  void operator()(const core::MessageReply& reply) const {
    // Of groups that are not there, too (avos-v1 §17 Q3): without one the message has no target.
    if (reply.code != 0) return refuse(reply.code);
    JsonWriter body;
    body.text("msg-id", reply.id).integer("timestamp", reply.timestamp);
    done(body);
  }
  void operator()(const core::MembersReply& reply) const { changed(reply.group, reply.time); }
  void operator()(const core::MembersRefused& refused) const { refuse(refused.code); }
  void operator()(const core::ConversationStarted& started) const {
    const std::string created = objects::formatTime(started.created);
    JsonWriter body;
    body.text("objectId", started.id).text("createdAt", created);
    if (!started.pair.empty()) body.flag("unique", true).text("uniqueId", started.pair);
    say(started.existed ? 200 : 201, body.finish());
  }
  void operator()(const core::ConversationUpdateReply& reply) const {
    changed(reply.group, reply.time);
  }
  void operator()(const core::ConversationRemoved&) const { say(200, "{}"); }
  void operator()(const core::EditReply& reply) const {
    JsonWriter body;
    body.integer("timestamp", reply.time);
    done(body);
  }
  void operator()(const core::CountReply& reply) const {
    JsonWriter body;
    body.integer("result", static_cast<std::int64_t>(reply.count));
    done(body);
  }
  void operator()(const core::MembersListed& listed) const {
    JsonWriter body;
    body.list("result", listed.peers);
    done(body);
  }
  /// A manager has a record, whose id is that of its conversation and its own.
  void operator()(const core::StandingReply& reply) const {
    JsonWriter body;
    if (reply.kind != core::StandingKind::Manager || reply.peers.empty()) return done(body);
    changed(std::string(reply.group).append(":").append(reply.peers.front()), reply.time);
  }
  void operator()(const core::OnlineReply& reply) const {
    JsonWriter counts, body;
    counts.integer("online_user_count", static_cast<std::int64_t>(reply.peers));
    body.raw("result", counts.finish());
    done(body);
  }
  void operator()(const core::SessionReply& reply) const {
    JsonWriter body;
    if (reply.to == core::SessionReply::To::Query) body.list("results", reply.peers);
    done(body);
  }
  void operator()(const core::SessionRefused& refused) const { refuse(refused.code); }
  void operator()(const core::RequestRefused& refused) const {
    refuse(refused.code, refused.detail);
  }
  /// The answers to what no ServiceCommand asks for.
  template <typename Other>
  void operator()(const Other&) const {
    refuse(base::kInternalError);
  }

 private:
  void say(int status, std::string_view body) const {
    out_.append(std::to_string(status)).append(body);
  }
  void done(JsonWriter& body) const { say(200, body.finish()); }
  void changed(std::string_view group, std::int64_t time) const {
    const std::string updated = objects::formatTime(time);
    JsonWriter body;
    body.text("objectId", group).text("updatedAt", updated);
    done(body);
  }
  void refuse(int code, std::string_view detail = {}) const {
    std::string error(base::closeReason(code));
    if (!detail.empty()) error.append(": ").append(detail);
    JsonWriter body;
    body.integer("code", code).text("error", error);
    say(statusOf(code), body.finish());
  }

  std::string& out_;
};

core::DialectRules serviceRules() {
  core::DialectRules rules;
  rules.current = true;
  rules.form = core::FrameForm::Answer;
  return rules;
}

}  // namespace

ServiceDialect::ServiceDialect(std::size_t number) : Dialect(number, serviceRules()) {}

Result<core::Intent> ServiceDialect::read(char*, std::size_t) {
  return Error{Errc::ProtocolError, 0, "service: frames are not read", false};
}

void ServiceDialect::write(const core::Notice& notice, std::string& out) {
  std::visit(Answering{out}, notice.body);
}

void ServiceDialect::writeShared(const core::Notice&, core::SharedFrame&) {}

std::array<std::string_view, 3> ServiceDialect::partsFor(const core::SharedFrame&,
                                                         const core::Peer&) {
  return {};
}

bool ServiceDialect::isSigned(const core::SignedRequest&, sign::Signer&) const { return false; }

ServiceAnswer readServiceAnswer(std::string_view bytes) {
  return {base::readNumber<int>(bytes.substr(0, kStatusDigits)).value_or(503),
          bytes.substr(std::min(bytes.size(), kStatusDigits))};
}

}  // namespace kith::dialects
