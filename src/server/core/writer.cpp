// SPDX-License-Identifier: Apache-2.0
#include "server/core/writer.hpp"

namespace kith::core {

void Writer::write(const Connection& to, std::initializer_list<std::string_view> parts) {
  if (to.closing) return;
  ++stats_.frames_out;
  output_.write(to.id, parts);
}

PendingCommand& Writer::queue(Connection& connection, Session* session, bool reply) {
  PendingCommand& frame = pending_.begin(PendingCommand::Kind::Frame, Ref<Connection>(&connection));
  if (session) {
    frame.session = Ref<Session>(session);
    ++session->queued;
  }
  frame.reply = reply;
  PendingCommands::queueReply(frame);
  return frame;
}

void Writer::reply(Connection& connection, const avos::Command& command) {
  if (connection.closing) return;
  if (connection.replies.empty()) return replyNow(connection, command);
  encoder_.encode(command, queue(connection, nullptr, true).text);
}

void Writer::replyFirst(Session& session, const avos::Command& command) {
  sendPresence(session);
  Connection& connection = *session.connection;
  if (connection.replies.empty()) return replyNow(connection, command);
  encoder_.encode(command, queue(connection, &session, true).text);
}

void Writer::replyNow(Connection& connection, const avos::Command& command) {
  scratch_.clear();
  encoder_.encode(command, scratch_);
  write(connection, {scratch_});
}

void Writer::notify(Session& session, const avos::Command& command) {
  if (!session.alive()) return;
  sendPresence(session);
  Connection& connection = *session.connection;
  if (!mustQueue(session)) return replyNow(connection, command);
  encoder_.encode(command, queue(connection, &session, false).text);
}

void Writer::notify(Session& session, const avos::SharedFrame& frame) {
  if (!session.alive()) return;
  sendPresence(session);
  put(session, frame);
}

void Writer::addPresence(const Watcher& watcher, bool online) {
  if (presence_.add(*watcher.session, watcher.index, online)) return;
  sendPresence(*watcher.session);
  presence_.add(*watcher.session, watcher.index, online);
}

void Writer::sendPresenceNow(Session& session) {
  if (!session.alive() || session.connection->closing) return PresenceCoalescer::drop(session);
  while (const avos::SharedFrame* frame = presence_.next(session, encoder_)) put(session, *frame);
}

void Writer::sendAllPresenceNow() {
  for (const Ref<Session>& session : presence_.watchers()) sendPresence(*session);
  presence_.forgetWatchers();
}

void Writer::put(Session& session, const avos::SharedFrame& frame) {
  const std::string& peer = session.peer->quoted;
  if (mustQueue(session)) {
    std::string& text = queue(*session.connection, &session, false).text;
    text.append(avos::kSharedHead).append(peer).append(frame.tail);
  } else {
    write(*session.connection, {avos::kSharedHead, peer, frame.tail});
  }
}

void Writer::onFrame(PendingCommand& frame) {
  if (frame.session) {
    --frame.session->queued;
    if (!frame.session->alive() && !frame.reply) return;
  }
  write(*frame.connection, {frame.text});
}

}  // namespace kith::core
