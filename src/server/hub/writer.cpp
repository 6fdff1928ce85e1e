// SPDX-License-Identifier: Apache-2.0
#include "server/hub/writer.hpp"

namespace kith::hub {

void Writer::write(const Connection& to, std::initializer_list<std::string_view> parts) {
  if (to.closing) return;
  ++stats_.frames_out;
  output_.write(to.id, parts);
}

std::string& Writer::queue(Connection& connection, Session* session, bool reply) {
  Entry& entry = sequencer_.push(Entry::Kind::Frame, Ref<Connection>(&connection));
  if (session) {
    entry.session = Ref<Session>(session);
    ++session->queued;
  }
  entry.reply = reply;
  return entry.text;
}

void Writer::reply(Connection& connection, const wire::Command& command, bool behind) {
  if (connection.closing) return;
  if (connection.pending > 0 || (behind && !sequencer_.empty())) {
    encoder_.encode(command, queue(connection, nullptr, true));
  } else {
    replyNow(connection, command);
  }
}

void Writer::replyFirst(Session& session, const wire::Command& command) {
  tellNews(session);
  if (session.connection->pending > 0) {
    encoder_.encode(command, queue(*session.connection, &session, true));
  } else {
    replyNow(*session.connection, command);
  }
}

void Writer::replyNow(Connection& connection, const wire::Command& command) {
  scratch_.clear();
  encoder_.encode(command, scratch_);
  write(connection, {scratch_});
}

void Writer::notify(Session& session, const wire::Command& command) {
  if (!session.alive()) return;
  tellNews(session);
  if (session.queued > 0) {
    encoder_.encode(command, queue(*session.connection, &session, false));
  } else {
    replyNow(*session.connection, command);
  }
}

void Writer::notify(Session& session, const wire::SharedFrame& frame) {
  if (!session.alive()) return;
  tellNews(session);
  put(session, frame);
}

void Writer::addNews(const Watcher& watcher, bool online) {
  if (news_.add(*watcher.session, watcher.index, online)) return;
  tellNews(*watcher.session);
  news_.add(*watcher.session, watcher.index, online);
}

void Writer::tellNewsNow(Session& session) {
  if (!session.alive() || session.connection->closing) return News::drop(session);
  while (const wire::SharedFrame* frame = news_.next(session, encoder_)) put(session, *frame);
}

void Writer::tellAllNewsNow() {
  for (const Ref<Session>& session : news_.watchers()) tellNews(*session);
  news_.forgetWatchers();
}

void Writer::put(Session& session, const wire::SharedFrame& frame) {
  const std::string& peer = session.peer->quoted;
  if (session.queued > 0) {
    std::string& text = queue(*session.connection, &session, false);
    text.append(wire::kSharedHead).append(peer).append(frame.tail);
  } else {
    write(*session.connection, {wire::kSharedHead, peer, frame.tail});
  }
}

void Writer::onFrame(Entry& entry) {
  if (entry.session) {
    --entry.session->queued;
    if (!entry.session->alive() && !entry.reply) return;
  }
  write(*entry.connection, {entry.text});
}

}  // namespace kith::hub
