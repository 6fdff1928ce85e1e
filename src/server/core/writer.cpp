// SPDX-License-Identifier: Apache-2.0
#include "server/core/writer.hpp"

namespace kith::core {

void Writer::write(const Connection& to, std::initializer_list<std::string_view> parts) {
  if (to.closing) return;
  ++stats_.frames_out;
  output_.write(to.id, parts, to.dialect->rules().form);
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

void Writer::reply(Connection& connection, const Notice& notice) {
  if (connection.closing) return;
  if (connection.replies.empty()) return replyNow(connection, notice);
  connection.dialect->write(notice, queue(connection, nullptr, true).text);
}

void Writer::replyFirst(Session& session, const Notice& notice) {
  sendPresence(session);
  Connection& connection = *session.connection;
  if (connection.replies.empty()) return replyNow(connection, notice);
  connection.dialect->write(notice, queue(connection, &session, true).text);
}

void Writer::replyNow(Connection& connection, const Notice& notice) {
  scratch_.clear();
  connection.dialect->write(notice, scratch_);
  write(connection, {scratch_});
}

void Writer::notify(Session& session, const Notice& notice) {
  if (!session.alive()) return;
  sendPresence(session);
  Connection& connection = *session.connection;
  if (!mustQueue(session)) return replyNow(connection, notice);
  connection.dialect->write(notice, queue(connection, &session, false).text);
}

void Writer::addPresence(const Watcher& watcher, bool online) {
  if (presence_.add(*watcher.session, watcher.index, online)) return;
  sendPresence(*watcher.session);
  presence_.add(*watcher.session, watcher.index, online);
}

void Writer::sendPresenceNow(Session& session) {
  if (!session.alive() || session.connection->closing) return PresenceCoalescer::drop(session);
  while (const SharedFrame* frame = presence_.next(session)) put(session, *frame);
}

void Writer::sendAllPresenceNow() {
  for (const Ref<Session>& session : presence_.watchers()) sendPresence(*session);
  presence_.forgetWatchers();
}

void Writer::put(Session& session, const SharedFrame& frame) {
  Connection& connection = *session.connection;
  const auto parts = connection.dialect->partsFor(frame, *session.peer);
  if (mustQueue(session)) {
    std::string& text = queue(connection, &session, false).text;
    for (const std::string_view part : parts) text += part;
  } else {
    write(connection, {parts[0], parts[1], parts[2]});
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
