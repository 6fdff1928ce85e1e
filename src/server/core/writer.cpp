// SPDX-License-Identifier: Apache-2.0
#include "server/core/writer.hpp"

namespace kith::core {

namespace {

/// Between a reply and news of one conversation. The clock of the hub is one of milliseconds, so it
/// is three at least.
constexpr base::Millis kSpace{4};
/// A client that asks faster than this lets it wait gets all at once.
constexpr std::size_t kHeldBytes = 256u * 1024;
/// Empty buffers that are kept for the next frames that have to wait, and what each may hold: 4 MB.
constexpr std::size_t kSpare = 256;
constexpr std::size_t kSpareBytes = 16u * 1024;

}  // namespace

void Writer::write(Connection& to, std::initializer_list<std::string_view> parts, bool reply,
                   Topics topics) {
  if (to.closing) return;
  ++stats_.frames_out;
  if (to.dialect->rules().spaced) return writeSpaced(to, parts, reply, topics);
  output_.write(to.id, parts, to.dialect->rules().form);
}

bool Writer::mayLeave(const Connection& to, bool reply, Topics topics) const {
  return now_.mono >= to.apart_until || ((reply ? to.told : to.replied) & topics) == 0;
}

void Writer::noteLeft(Connection& to, bool reply, Topics topics) const {
  if (now_.mono >= to.apart_until) to.replied = to.told = 0;
  (reply ? to.replied : to.told) |= topics;
  to.apart_until = now_.mono + kSpace;
}

void Writer::writeSpaced(Connection& to, std::initializer_list<std::string_view> parts, bool reply,
                         Topics topics) {
  // Nothing overtakes what is held, whatever it is about (leancloud-current §12).
  if (!to.held && mayLeave(to, reply, topics)) {
    noteLeft(to, reply, topics);
    return output_.write(to.id, parts, to.dialect->rules().form);
  }
  if (!to.held) {
    timers_.add(to.apart_until, Ref<Connection>(&to));
    to.held = takeSpare();
  }
  to.held->add(reply, topics, parts);
  if (to.held->bytes.size() - to.held->begin > kHeldBytes) releaseAll(to);
}

std::unique_ptr<HeldFrames> Writer::takeSpare() {
  if (spare_.empty()) return std::make_unique<HeldFrames>();
  std::unique_ptr<HeldFrames> taken = std::move(spare_.back());
  spare_.pop_back();
  return taken;
}

void Writer::release(Connection& connection) {
  HeldFrames& held = *connection.held;
  const HeldFrames::Frame& first = held.frames[held.next];
  noteLeft(connection, first.reply, first.topics);
  const std::string_view frame = held.take();
  if (!connection.closing) {
    output_.write(connection.id, {frame}, connection.dialect->rules().form);
  }
}

/// An idle connection keeps no buffer, and a busy one allocates none.
void Writer::giveUpHeld(Connection& connection) {
  std::unique_ptr<HeldFrames> held = std::move(connection.held);
  if (spare_.size() >= kSpare || held->bytes.capacity() > kSpareBytes) return;
  held->frames.clear();
  held->bytes.clear();
  held->next = held->begin = 0;
  spare_.push_back(std::move(held));
}

base::Millis Writer::releaseDue(Connection& connection) {
  if (!connection.held) return base::kNever;
  const HeldFrames& held = *connection.held;
  while (!held.empty()) {
    const HeldFrames::Frame& first = held.frames[held.next];
    if (!mayLeave(connection, first.reply, first.topics)) break;
    release(connection);
  }
  if (!held.empty()) return connection.apart_until;
  giveUpHeld(connection);
  return base::kNever;
}

void Writer::releaseAll(Connection& connection) {
  if (!connection.held) return;
  while (!connection.held->empty()) release(connection);
  giveUpHeld(connection);
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

void Writer::queueNotice(Connection& connection, Session* session, const Notice& notice,
                         bool reply) {
  PendingCommand& frame = queue(connection, session, reply);
  connection.dialect->write(notice, frame.text);
  frame.topics = connection.dialect->topicsOf(notice);
}

void Writer::reply(Connection& connection, const Notice& notice) {
  if (connection.closing) return;
  if (connection.replies.empty()) return replyNow(connection, notice);
  queueNotice(connection, nullptr, notice, true);
}

void Writer::replyFirst(Session& session, const Notice& notice) {
  sendPresence(session);
  Connection& connection = *session.connection;
  if (connection.replies.empty()) return replyNow(connection, notice);
  queueNotice(connection, &session, notice, true);
}

void Writer::sayNow(Connection& connection, const Notice& notice, bool reply) {
  scratch_.clear();
  connection.dialect->write(notice, scratch_);
  write(connection, {scratch_}, reply, connection.dialect->topicsOf(notice));
}

void Writer::notify(Session& session, const Notice& notice) {
  if (!session.alive()) return;
  sendPresence(session);
  Connection& connection = *session.connection;
  if (!mustQueue(session)) return sayNow(connection, notice, false);
  queueNotice(connection, &session, notice, false);
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
    PendingCommand& queued = queue(connection, &session, false);
    for (const std::string_view part : parts) queued.text += part;
    queued.topics = frame.topics;
  } else {
    write(connection, {parts[0], parts[1], parts[2]}, false, frame.topics);
  }
}

void Writer::onFrame(PendingCommand& frame) {
  if (frame.session) {
    --frame.session->queued;
    if (!frame.session->alive() && !frame.reply) return;
  }
  write(*frame.connection, {frame.text}, frame.reply, frame.topics);
}

}  // namespace kith::core
