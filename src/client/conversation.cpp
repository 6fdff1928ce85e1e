// SPDX-License-Identifier: Apache-2.0
#include <kith/conversation.hpp>

#include <algorithm>
#include <utility>

#include "backends/backend.hpp"
#include "base/close_codes.hpp"
#include "base/text_codes.hpp"
#include "base/utf8.hpp"
#include "client/check.hpp"
#include "client/finish.hpp"
#include "client/session_impl.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"

namespace kith {

Conversation::Conversation(std::shared_ptr<Session> session,
                           std::shared_ptr<client::SessionImpl> impl, std::string id,
                           Timestamp ends)
    : session_(std::move(session)), impl_(std::move(impl)), id_(std::move(id)), ends_(ends) {}

Conversation::~Conversation() = default;

// In a forked child nothing may be touched, as in session.cpp.

const std::string& Conversation::id() const noexcept { return id_; }

std::shared_ptr<Session> Conversation::session() const { return session_; }

Timestamp Conversation::ends() const noexcept { return ends_; }

SendTicket Conversation::send(Message message, SendCompletion done) {
  if (impl_->isElsewhere()) return {{}, Errc::Closed};
  return impl_->sendToGroup(id_, std::move(message), std::move(done));
}

void Conversation::history(PageQuery query, PageCompletion done) {
  if (impl_->isElsewhere() || !done) return;
  if (auto ok = client::checkPage(query); !ok) {
    return impl_->refuse("history", std::move(done), ok.error());
  }
  impl_->askOf("history", id_, backends::ReadPage{id_, std::move(query)},
               client::finishOf(std::move(done)));
}

void Conversation::edit(const Message& message, std::string text, Completion done) {
  if (impl_->isElsewhere()) return;
  auto ok = client::checkKept(message);
  if (ok.ok()) {
    Message changed;  // as long as one that is sent
    changed.group_id = id_;
    changed.text = text;
    changed.binary = message.binary;
    changed.mentions = message.mentions;
    changed.mention_all = message.mention_all;
    ok = client::checkMessage(changed);
    // The frame of an edit is some 80 bytes longer than one that sends, beside an id that is longer
    // than ours. Servers have that room (limits::kServerFrameBytes).
    constexpr std::size_t kIdBytes = 22;
    if (ok.ok()) {
      ok = impl_->checkSize(changed, message.id.substr(std::min(kIdBytes, message.id.size())));
    }
  }
  if (!ok.ok()) return impl_->refuse("edit", std::move(done), ok.error());
  impl_->askOf("edit", id_,
               backends::ChangeMessage{id_, message.id, message.timestamp, false, std::move(text),
                                       message.binary, message.mentions, message.mention_all},
               client::finishOf(std::move(done)));
}

void Conversation::recall(const Message& message, Completion done) {
  if (impl_->isElsewhere()) return;
  if (auto ok = client::checkKept(message); !ok) {
    return impl_->refuse("recall", std::move(done), ok.error());
  }
  impl_->askOf("recall", id_, backends::ChangeMessage{id_, message.id, message.timestamp, true, {}},
               client::finishOf(std::move(done)));
}

void Conversation::markRead(Timestamp upto, Completion done) {
  if (impl_->isElsewhere()) return;
  if (upto.time_since_epoch().count() <= 0) {
    return impl_->refuse("markRead", std::move(done),
                         client::badArgument("upto: is not after the epoch; give the time of the "
                                             "last message that was read"));
  }
  impl_->askOf("markRead", id_, backends::MarkRead{id_, upto}, client::finishOf(std::move(done)));
}

void Conversation::marks(MarksCompletion done) {
  if (impl_->isElsewhere() || !done) return;
  impl_->askOf("marks", id_, backends::AskMarks{id_}, client::finishOf(std::move(done)));
}

void Conversation::update(std::string attributes, Completion done) {
  if (impl_->isElsewhere()) return;
  if (auto ok = client::checkObject(attributes, "attributes"); !ok) {
    return impl_->refuse("update", std::move(done), ok.error());
  }
  impl_->askOf("update", id_, backends::UpdateAttributes{id_, std::move(attributes)},
               client::finishOf(std::move(done)));
}

void Conversation::mute(Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->askOf("mute", id_, backends::MuteConversation{id_, true},
               client::finishOf(std::move(done)));
}

void Conversation::unmute(Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->askOf("unmute", id_, backends::MuteConversation{id_, false},
               client::finishOf(std::move(done)));
}

void Conversation::info(InfoCompletion done) {
  if (impl_->isElsewhere() || !done) return;
  const bool temporary = base::isTemporaryId(id_);
  ConversationQuery query;
  query.limit = 1;
  if (temporary) {
    query.temporary = {id_};
  } else {
    query.where = json::JsonWriter().text("objectId", id_).finish();
  }
  client::Finish finish = [temporary, done = std::move(done)](client::Outcome& outcome) {
    if (!outcome.result.ok()) return done(outcome.result.error());
    auto& found = outcome.conversations->found;
    if (!found.empty()) return done(std::move(found.front()));
    if (temporary) return done(base::errorFromServer(base::kTemporaryConversationExpired, {}));
    done(Error{Errc::GroupNotFound, 0, "the server has no conversation with this id", false});
  };
  impl_->askOf("info", id_, backends::FindConversations{std::move(query)}, std::move(finish));
}

void Conversation::addManager(std::string peer, Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->changeStanding("addManager", {id_, PeerStanding::Manager, true, {std::move(peer)}},
                        client::finishOf(std::move(done)));
}

void Conversation::removeManager(std::string peer, Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->changeStanding("removeManager", {id_, PeerStanding::Manager, false, {std::move(peer)}},
                        client::finishOf(std::move(done)));
}

void Conversation::silence(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->changeStanding("silence", {id_, PeerStanding::Silenced, true, std::move(peers)},
                        client::finishOf(std::move(done)));
}

void Conversation::unsilence(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->changeStanding("unsilence", {id_, PeerStanding::Silenced, false, std::move(peers)},
                        client::finishOf(std::move(done)));
}

void Conversation::block(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->changeStanding("block", {id_, PeerStanding::Blocked, true, std::move(peers)},
                        client::finishOf(std::move(done)));
}

void Conversation::unblock(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->changeStanding("unblock", {id_, PeerStanding::Blocked, false, std::move(peers)},
                        client::finishOf(std::move(done)));
}

void Conversation::peersThatAre(PeerStanding standing, PeersCompletion done) {
  if (impl_->isElsewhere() || !done) return;
  impl_->askOf("peersThatAre", id_, backends::ListStanding{id_, standing},
               client::finishOf(std::move(done)));
}

}  // namespace kith

namespace kith::client {

std::shared_ptr<Conversation> SessionImpl::conversation(const std::string& id, Timestamp ends) {
  return std::shared_ptr<Conversation>(new Conversation(handle(), shared(), id, ends));
}

Result<void> SessionImpl::checkSize(const Message& message, const std::string& id) const {
  return host_->checkSize(message, peer_id_, id);
}

void SessionImpl::createConversation(NewConversation what, ConversationCompletion done) {
  constexpr const char* kName = "createConversation";
  Result<void> ok = checkPeers(what.members, "members", true);
  if (ok.ok() && !base::isUtf8(what.name)) ok = badArgument("name: is not UTF-8");
  if (ok.ok()) ok = checkLifetime(what);
  if (ok.ok() && what.attributes.empty()) what.attributes = "{}";
  if (ok.ok()) ok = checkObject(what.attributes, "attributes");
  if (!ok.ok()) return refuse(kName, std::move(done), ok.error());
  if (!what.name.empty()) {  // it is an attribute like others
    std::string named = json::JsonWriter().text("name", what.name).finish();
    json::JsonValue object = json::parseJson(what.attributes, "attributes").value();
    if (object.find("name") != nullptr) {
      return refuse(kName, std::move(done), badArgument("attributes: has a name, beside name"));
    }
    object.members.push_back(json::parseJson(named, "name")->members.front());
    what.attributes = json::formatJson(object);
  }
  Finish finish = [self = shared(), done = std::move(done)](Outcome& outcome) {
    if (!outcome.result.ok()) return done(outcome.result.error());
    auto made = self->conversation(outcome.group_id, outcome.conversations->ends);
    if (made->session() != nullptr) return done(std::move(made));
    done(Error{Errc::Closed, 0, "the session was dropped before this was done", false});
  };
  ask(kName, backends::StartConversation{std::move(what)}, std::move(finish));
}

void SessionImpl::ask(const char* name, backends::ConversationRequest request, Finish finish) {
  if (auto ok = ready(name); !ok) return refuseOp(name, std::move(finish), ok.error());
  start(name, std::move(finish),
        [ref = ref_, request = std::move(request)](Backend& backend, OpId op) mutable {
          backend.ask(ref, std::move(request), op);
        });
}

void SessionImpl::changeStanding(const char* name, backends::ChangeStanding change, Finish finish) {
  if (auto ok = checkPeers(change.peers, "peers", false); !ok) {
    return refuseOp(name, std::move(finish), ok.error());
  }
  const std::string id = change.id;
  askOf(name, id, std::move(change), std::move(finish));
}

void SessionImpl::setWill(Message message, Completion done) {
  Result<void> ok = message.group_id.empty()
                        ? badArgument("message.group_id: is empty; a will is said in a group")
                        : checkMessage(message);
  message.transient = false;
  // The frame of a will has no id of the client's, and says instead that it is one.
  if (ok.ok()) ok = checkSize(message, {});
  if (!ok.ok()) return refuse("setWill", std::move(done), ok.error());
  ask("setWill", backends::SetWill{std::move(message)}, finishOf(std::move(done)));
}

void SessionImpl::askOf(const char* name, const std::string& id,
                        backends::ConversationRequest request, Finish finish) {
  if (auto ok = checkGroupId(id); !ok) return refuseOp(name, std::move(finish), ok.error());
  ask(name, std::move(request), std::move(finish));
}

}  // namespace kith::client
