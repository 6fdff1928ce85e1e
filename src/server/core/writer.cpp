// SPDX-License-Identifier: Apache-2.0
#include "server/core/writer.hpp"

namespace kith::core {

namespace {

/// Between a reply and news. The clock of the hub is one of milliseconds, so it is three at least.
constexpr base::Millis kSpace{4};
/// A client that asks faster than this lets it wait gets all at once.
constexpr std::size_t kHeldBytes = 256u * 1024;

}  // namespace

void Writer::write(Connection& to, std::initializer_list<std::string_view> parts, bool reply) {
  if (to.closing) return;
  ++stats_.frames_out;
  if (to.dialect->rules().spaced) return writeSpaced(to, parts, reply);
  output_.write(to.id, parts, to.dialect->rules().form);
}

void Writer::writeSpaced(Connection& to, std::initializer_list<std::string_view> parts,
                         bool reply) {
  if (!to.spacing) {
    to.spacing = std::make_unique<Spacing>();
    to.spacing->replied = reply;
  }
  Spacing& spacing = *to.spacing;
  const bool like_the_last = reply == spacing.replied;
  if (spacing.held.empty() && (like_the_last || now_.mono >= spacing.until)) {
    spacing.replied = reply;
    spacing.until = now_.mono + kSpace;
    return output_.write(to.id, parts, to.dialect->rules().form);
  }
  if (spacing.held.empty()) timers_.add(spacing.until, Ref<Connection>(&to));
  std::string frame;
  for (const std::string_view part : parts) frame += part;
  spacing.bytes += frame.size();
  spacing.held.push_back({reply, std::move(frame)});
  if (spacing.bytes > kHeldBytes) releaseAll(to);
}

void Writer::release(Connection& connection, Spacing& spacing) {
  const Spacing::Held first = std::move(spacing.held.front());
  spacing.held.pop_front();
  spacing.bytes -= first.frame.size();
  spacing.replied = first.reply;
  spacing.until = now_.mono + kSpace;
  if (!connection.closing) {
    output_.write(connection.id, {first.frame}, connection.dialect->rules().form);
  }
}

base::Millis Writer::releaseDue(Connection& connection) {
  if (!connection.spacing) return base::kNever;
  Spacing& spacing = *connection.spacing;
  while (!spacing.held.empty() &&
         (spacing.held.front().reply == spacing.replied || now_.mono >= spacing.until)) {
    release(connection, spacing);
  }
  return spacing.held.empty() ? base::kNever : spacing.until;
}

void Writer::releaseAll(Connection& connection) {
  if (!connection.spacing) return;
  while (!connection.spacing->held.empty()) release(connection, *connection.spacing);
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

void Writer::sayNow(Connection& connection, const Notice& notice, bool reply) {
  scratch_.clear();
  connection.dialect->write(notice, scratch_);
  write(connection, {scratch_}, reply);
}

void Writer::notify(Session& session, const Notice& notice) {
  if (!session.alive()) return;
  sendPresence(session);
  Connection& connection = *session.connection;
  if (!mustQueue(session)) return sayNow(connection, notice, false);
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
    write(connection, {parts[0], parts[1], parts[2]}, false);
  }
}

void Writer::onFrame(PendingCommand& frame) {
  if (frame.session) {
    --frame.session->queued;
    if (!frame.session->alive() && !frame.reply) return;
  }
  write(*frame.connection, {frame.text}, frame.reply);
}

}  // namespace kith::core
