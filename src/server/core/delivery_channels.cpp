// SPDX-License-Identifier: Apache-2.0
// Messages of service conversations that are for single peers, or from them (decision 047).
#include <algorithm>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "base/text_codes.hpp"
#include "json/json_writer.hpp"
#include "server/core/delivery.hpp"

namespace kith::core {

std::size_t Delivery::toChannels(Session& from, const Serial& i, const SendMessage& intent,
                                 Group& service) {
  const bool by_server = from.connection->service;
  if (by_server) {
    targets_.assign(intent.to.begin(), intent.to.end());
    dropRepeats(targets_);
  } else {
    targets_.assign(1, from.peer->id);
  }
  const bool good = targets_.size() <= kNamedReceivers &&
                    std::all_of(targets_.begin(), targets_.end(),
                                [](auto id) { return base::whyBadPeerId(id).empty(); });
  if (!good || (!by_server && service.is(StandingKind::Blocked, from.peer->id))) {
    return refuse(from, i, intent, base::kInvalidMessagingTarget);
  }
  if (isSilenced(from, service)) return refuse(from, i, intent, base::kSilienced);
  const App& app = service.app;
  const MessageIdText id = makeMessageIdText(context_.random);
  const bool to_itself =
      std::find(targets_.begin(), targets_.end(), from.peer->id) != targets_.end();
  std::size_t sessions = 0;
  SendMessage content = intent;
  content.to = {};
  for (std::size_t at = 0; at < targets_.size(); ++at) {
    const bool is_last = at + 1 == targets_.size();
    Peer* const peer = app.findPeer(targets_[at]);
    const bool online = peer && peer->online();
    PendingCommand& message =
        intent.transient ? beginTransient(from, nullptr) : beginAppend(from, i);
    message.id = id;
    message.group = Ref<Group>(&service);
    message.in_channel = true;
    message.quiet = !is_last;
    if (online && by_server) message.peers.emplace_back(peer);
    if (online) sessions += peer->sessions.size();
    content.without_copies = intent.without_copies || !is_last || (by_server && to_itself);
    keepContent(message, content);
    const std::string channel = base::channelName(service.id, targets_[at]);
    const std::uint64_t hash = conversations_.hashOf(channel);
    if (!intent.transient) {
      const storage::PeerRef member{targets_[at], online};
      receivers_.assign(1, member);
      store(message, intent, channel, hash, {});
      continue;
    }
    if (is_last && from.connection->dialect->rules().current) {
      const MessageReply reply{view(id), message.timestamp, 0, service.id};
      context_.writer.reply(*from.connection, Context::notice(from, reply, i));
    }
    finishTransient(message, channel, hash);
  }
  return sessions;
}

// Behind the commit of the message, which a repeat is not: a crash between the two leaves the
// message without its object.
void Delivery::record(const PendingCommand& message) {
  const auto& content = std::get<SendMessage>(message.intent.get());
  const std::string_view from = message.session->peer->id;
  json::JsonWriter fields;
  fields.text("from", from).integer("timestamp", message.timestamp).text("data", content.text);
  fields.flag("bin", storage::MessageExtra::unpack(message.extra).binary).raw("ACL", "{}");
  std::string id(view(message.id));
  if (content.for_everyone) {
    fields.text("conv_id", message.group->id).integer("valid_till", content.valid_till);
  } else {
    json::JsonWriter conversation;
    conversation.text("__type", "Pointer").text("className", storage::kConversationsClass);
    conversation.text("objectId", message.group->id);
    fields.text("msgId", id).raw("conv", conversation.finish());
    id = base::makeGroupId(context_.random);
  }
  const std::string body = fields.finish();
  storage::CreateObject object;
  object.app_id = message.group->app.options.id;
  object.class_name =
      content.for_everyone ? storage::kBroadcastsClass : storage::kServiceMessagesClass;
  object.id = id;
  object.body = body;
  object.now_ms = context_.now.wall.count();
  context_.asked_storage = true;
  context_.storage.submit(storage::kNoToken, object);
}

void Delivery::sendToOthers(const PendingCommand& message) {
  const Group& group = *message.group;
  const Peer* const sender = message.session->peer.get();
  group.app.peers.each([&](const Peer& peer) {
    if (&peer == sender || group.has(peer)) return;
    for (Session* to : peer.sessions) send(*to, message);
  });
}

}  // namespace kith::core
