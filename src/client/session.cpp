// SPDX-License-Identifier: Apache-2.0
#include <kith/limits.hpp>
#include <kith/session.hpp>

#include <utility>

#include "backends/backend.hpp"
#include "base/fork.hpp"
#include "client/check.hpp"
#include "client/finish.hpp"
#include "client/session_impl.hpp"

namespace kith {

// In a forked child nothing may be touched: a thread of the parent, which is not there, may hold
// any lock. So each call does nothing and says that the session is closed.

Session::Session(std::shared_ptr<client::SessionImpl> impl) : impl_(std::move(impl)) {}

Session::~Session() {
  if (impl_->isElsewhere()) {
    base::neverDestroy(std::move(impl_));
  } else {
    impl_->dropped();
  }
}

const std::string& Session::peerId() const noexcept { return impl_->peerId(); }

void Session::setReceiver(std::shared_ptr<MessageReceiver> receiver) {
  if (impl_->isElsewhere()) return;
  impl_->setReceiver(std::move(receiver));
}

void Session::open(std::vector<std::string> watch, Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->open(std::move(watch), std::move(done));
}

void Session::close(Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->close(std::move(done));
}

void Session::watch(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->watch(std::move(peers), std::move(done));
}

void Session::unwatch(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->unwatch(std::move(peers), std::move(done));
}

void Session::query(std::vector<std::string> peers, PeersCompletion done) {
  if (impl_->isElsewhere()) return;
  impl_->query(std::move(peers), std::move(done));
}

SendTicket Session::send(Message message, SendCompletion done) {
  if (impl_->isElsewhere()) return {{}, Errc::Closed};
  return impl_->send(std::move(message), std::move(done));
}

std::shared_ptr<Group> Session::group() { return impl_->group({}); }

std::shared_ptr<Group> Session::group(const std::string& group_id) {
  if (impl_->isElsewhere()) return impl_->group({});
  return impl_->group(group_id);
}

std::shared_ptr<Conversation> Session::conversation(const std::string& id) {
  return impl_->conversation(id);
}

void Session::createConversation(NewConversation what, ConversationCompletion done) {
  if (impl_->isElsewhere() || !done) return;
  impl_->createConversation(std::move(what), std::move(done));
}

void Session::conversations(ConversationQuery query, ConversationsCompletion done) {
  if (impl_->isElsewhere() || !done) return;
  if (auto ok = client::checkQuery(query); !ok) {
    return impl_->refuse("conversations", std::move(done), ok.error());
  }
  impl_->ask("conversations", backends::FindConversations{std::move(query)},
             client::finishOf(std::move(done)));
}

void Session::unread(UnreadCompletion done) {
  if (impl_->isElsewhere() || !done) return;
  impl_->ask("unread", backends::CountUnread{}, client::finishOf(std::move(done)));
}

void Session::setWill(Message message, Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->setWill(std::move(message), std::move(done));
}

void Session::clearWill(Completion done) {
  if (impl_->isElsewhere()) return;
  impl_->ask("clearWill", backends::ClearWill{}, client::finishOf(std::move(done)));
}

SessionState Session::state() const {
  if (impl_->isElsewhere()) return SessionState::Closed;
  return impl_->view().state();
}

bool Session::isOpen() const {
  if (impl_->isElsewhere()) return false;
  return impl_->view().state() == SessionState::Open;
}

bool Session::isPaused() const {
  if (impl_->isElsewhere()) return false;
  return impl_->view().state() == SessionState::Paused;
}

bool Session::isOnline(const std::string& peer) const {
  if (impl_->isElsewhere()) return false;
  return impl_->view().isOnline(peer);
}

bool Session::isWatching(const std::string& peer) const {
  if (impl_->isElsewhere()) return false;
  return impl_->view().isWatching(peer);
}

std::vector<std::string> Session::watchedPeers() const {
  if (impl_->isElsewhere()) return {};
  return impl_->view().watched();
}

std::vector<std::string> Session::onlinePeers() const {
  if (impl_->isElsewhere()) return {};
  return impl_->view().online();
}

std::size_t Session::bufferedBytes() const {
  if (impl_->isElsewhere()) return 0;
  return impl_->bufferedBytes();
}

}  // namespace kith

namespace kith::client {

std::shared_ptr<Session> SessionImpl::make(std::shared_ptr<SessionHost> host,
                                           const std::string& peer_id, SessionRef ref,
                                           const Result<void>& usable) {
  auto impl = std::make_shared<SessionImpl>(std::move(host), peer_id, ref, usable);
  std::shared_ptr<Session> handle(new Session(impl));
  impl->handle_ = handle;
  return handle;
}

SessionImpl::SessionImpl(std::shared_ptr<SessionHost> host, std::string peer_id, SessionRef ref,
                         const Result<void>& usable)
    : host_(std::move(host)),
      peer_id_(std::move(peer_id)),
      ref_(ref),
      unusable_(usable.ok() ? nullptr : std::make_unique<const Error>(usable.error())) {}

SessionImpl& SessionImpl::of(Session& session) { return *session.impl_; }

std::shared_ptr<SessionImpl> SessionImpl::shared() {
  return std::static_pointer_cast<SessionImpl>(shared_from_this());
}

Result<void> SessionImpl::ready(const char* name) const {
  if (unusable_ != nullptr) return *unusable_;
  if (view_.wanted()) return {};
  return Error{Errc::NotOpen, 0, std::string(name) + ": the session is not open; call open() first",
               false};
}

Result<void> SessionImpl::readyFor(const char* name, const std::vector<std::string>& peers) const {
  if (auto ok = ready(name); !ok) return ok;
  return checkPeers(peers, "peers", false);
}

/// Hands an operation over. `start` runs on the io thread.
void SessionImpl::start(const char* name, Finish finish, Start start) {
  if (host_->commands().hasRoomForCall()) {
    host_->commands().submit(OpCall{shared(), name, std::move(finish), std::move(start)});
  } else {
    refuseOp(name, std::move(finish),
             {Errc::QueueFull, 0,
              std::string(name) + ": too many operations wait; wait for a completion", false});
  }
}

void SessionImpl::refuseOp(const char* name, Finish finish, Error error) {
  if (!finish) return;
  push(Call{name, [finish = std::move(finish), error = std::move(error)] {
              Outcome refused;
              refused.result = error;
              finish(refused);
            }});
}

void SessionImpl::setReceiver(std::shared_ptr<MessageReceiver> receiver) {
  if (!delivery_.setReceiver(std::move(receiver))) return;
  push(Call{"setReceiver", [self = this] { self->delivery_.showHeld(); }});
}

void SessionImpl::open(std::vector<std::string> watch, Completion done) {
  if (unusable_ != nullptr) return refuse("open", std::move(done), *unusable_);
  if (auto ok = checkPeers(watch, "watch", true); !ok) {
    return refuse("open", std::move(done), ok.error());
  }
  const std::optional<std::uint32_t> epoch = view_.beginOpen();
  if (!epoch) {
    return refuse("open", std::move(done),
                  {Errc::AlreadyOpen, 0, "open: the session is open or opening", false});
  }
  Completion ended = [self = this, epoch = *epoch, done = std::move(done)](Result<void> result) {
    self->view_.endOpen(result.ok(), epoch);
    if (done) done(std::move(result));
  };
  start("open", finishOf(std::move(ended)),
        [ref = ref_, watch = std::move(watch)](Backend& backend, OpId op) mutable {
          backend.open(ref, std::move(watch), op);
        });
}

void SessionImpl::close(Completion done) {
  if (unusable_ != nullptr) return refuse("close", std::move(done), *unusable_);
  closeLocally();
  host_->commands().submit(CloseCall{shared(), finishOf(std::move(done))});
}

void SessionImpl::closeWithoutThread(Finish finish) {
  Completion done;
  if (finish) {
    done = [finish = std::move(finish)](const Result<void>&) {
      Outcome outcome;
      finish(outcome);
    };
  }
  // The manager's end is this session's end too, and what is told last is told then.
  if (host_->commands().refusal("close").code == Errc::Closed) return host_->close(std::move(done));
  // Nor did it hear of the session, for want of a thread.
  if (done) push(Call{"close", [done = std::move(done)] { done(Result<void>{}); }});
}

void SessionImpl::closeLocally() {
  view_.close([this](std::uint32_t count) { acknowledge(count); });
}

void SessionImpl::acknowledge(std::uint32_t count) {
  host_->commands().submit(ShownCall{shared(), count});
}

void SessionImpl::dropped() {
  closeLocally();
  host_->dropped(*this);
}

void SessionImpl::watch(std::vector<std::string> peers, PeersCompletion done) {
  if (auto ok = readyFor("watch", peers); !ok) return refuse("watch", std::move(done), ok.error());
  const std::size_t total = view_.watchedWith(peers);
  if (total > limits::kWatchedPeers) {
    return refuse("watch", std::move(done),
                  {Errc::TooManyPeers, 0,
                   "peers: the session would watch " + std::to_string(total) + " peers; at most " +
                       std::to_string(limits::kWatchedPeers) + " go, unwatch() some",
                   false});
  }
  start("watch", finishOf(std::move(done)),
        [ref = ref_, peers = std::move(peers)](Backend& backend, OpId op) mutable {
          backend.watch(ref, std::move(peers), op);
        });
}

void SessionImpl::unwatch(std::vector<std::string> peers, PeersCompletion done) {
  if (auto ok = readyFor("unwatch", peers); !ok) {
    return refuse("unwatch", std::move(done), ok.error());
  }
  start("unwatch", finishOf(std::move(done)),
        [ref = ref_, peers = std::move(peers)](Backend& backend, OpId op) mutable {
          backend.unwatch(ref, std::move(peers), op);
        });
}

void SessionImpl::query(std::vector<std::string> peers, PeersCompletion done) {
  if (auto ok = readyFor("query", peers); !ok) return refuse("query", std::move(done), ok.error());
  start("query", finishOf(std::move(done)),
        [ref = ref_, peers = std::move(peers)](Backend& backend, OpId op) mutable {
          backend.query(ref, std::move(peers), op);
        });
}

SendTicket SessionImpl::refuseSend(SendCompletion done, Error error) {
  const Errc code = error.code;
  refuse("send", std::move(done), std::move(error));
  return {{}, code};
}

bool SessionImpl::takeRoom(std::size_t bytes) {
  const OutboxOptions& outbox = host_->options().outbox;
  const std::size_t messages = queued_messages_.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::size_t all_bytes = queued_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (messages <= outbox.max_messages && all_bytes <= outbox.max_bytes) return true;
  releaseQueue(bytes);
  return false;
}

SendTicket SessionImpl::send(Message&& message, SendCompletion&& done) {
  if (auto ok = ready("send"); !ok) return refuseSend(std::move(done), ok.error());
  if (auto ok = checkMessage(message); !ok) return refuseSend(std::move(done), ok.error());
  std::string client_id = host_->makeClientId();
  if (auto ok = host_->checkSize(message, peer_id_, client_id); !ok) {
    return refuseSend(std::move(done), ok.error());
  }
  const std::size_t bytes = backends::bytesOf(message);
  if (!takeRoom(bytes)) {
    return refuseSend(std::move(done), {Errc::QueueFull, 0,
                                        "send: the outbox is full; wait for a completion, or raise "
                                        "outbox.max_messages or outbox.max_bytes",
                                        false});
  }
  SendTicket ticket{client_id, Errc::Ok};
  host_->commands().submit(
      SendCall{shared(), std::move(message), std::move(client_id), bytes, std::move(done)});
  return ticket;
}

void SessionImpl::releaseQueue(std::size_t bytes) {
  queued_messages_.fetch_sub(1, std::memory_order_relaxed);
  queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

bool SessionImpl::deliver(std::vector<Item>& items, bool more_soon) {
  const bool fits = delivery_.mayWait(items);
  pushAll(items, more_soon);
  return fits;
}

}  // namespace kith::client
