// SPDX-License-Identifier: Apache-2.0
#include "stress/crowd.hpp"

#include <algorithm>
#include <utility>

#include "stress/kithd_process.hpp"
#include "stress/stress.hpp"

namespace kith::stress {
namespace {

constexpr std::size_t kNeighbours[] = {1, 7, 13};
// Every second manager shares one io thread, the others have their own: both ways are in use.
constexpr std::size_t kOwnThreads = 2;
// Sessions that open side by side.
constexpr std::size_t kAtOnce = 1000;
// Beyond this all share two threads.
constexpr std::size_t kManyManagers = 64;

std::string noteOf(const Message& message) {
  const auto accepted = message.timestamp.time_since_epoch().count();
  return std::string(message.offline ? "repeated" : "live") + ", accepted at " +
         std::to_string(accepted % 1000000) + " ms";
}

/// On a machine that is busy enough a connection may be lost at any time, and this does not wait
/// for the next one: it is asked again.
std::shared_ptr<Group> makeGroup(Session& founder, const std::vector<std::string>& guests) {
  std::atomic<int> done{0};
  std::shared_ptr<Group> group;
  do {
    done = 0;
    group = founder.group();
    group->join([&](const Result<std::string>& joined) {
      done = joined ? 1 : -1;
      ring();
    });
    await("a group", [&] { return done != 0; });
  } while (done < 0);
  do {
    done = 0;
    group->invite(guests, [&](const auto& invited) {
      done = invited ? 1 : -1;
      ring();
    });
    await("guests", [&] { return done != 0; });
  } while (done < 0);
  return group;
}

}  // namespace

class Crowd::Ear : public MessageReceiver {
 public:
  Ear(Crowd& crowd, std::uint32_t index) : crowd_(crowd), index_(index) {}
  void onMessage(Session&, const Message& message) override {
    crowd_.ledger_.shown(index_, message.text, noteOf(message));
  }
  void onGroupMessage(Group&, const Message& message) override {
    crowd_.ledger_.shown(index_, message.text, noteOf(message));
  }
  void onSessionPaused(Session&, const SessionPaused& event) override {
    {
      const std::lock_guard lock(crowd_.pauses_mutex_);
      ++crowd_.pauses_[event.cause.detail];
    }
    ring();
  }
  void onSessionOpen(Session&, const SessionOpened&) override { ring(); }
  void onSessionResumed(Session&, const SessionOpened&) override {
    ++crowd_.resumed_;
    ring();
  }
  void onStatusOnline(Session&, const std::vector<std::string>&) override { ring(); }
  void onStatusOffline(Session&, const std::vector<std::string>&) override { ring(); }
  void onSessionClosed(Session&, const SessionClosed& event) override {
    if (event.cause) ++crowd_.ended_;
  }

 private:
  Crowd& crowd_;
  const std::uint32_t index_;
};

Crowd::Crowd(const CrowdOptions& options, Ledger& ledger) : options_(options), ledger_(ledger) {
  makeManagers();
  for (std::size_t i = 0; i < options.sessions; ++i) {
    auto member = std::make_unique<Member>();
    member->random.seed(static_cast<unsigned>(options.seed * 1000003 + i));
    member->session = managers_[i % managers_.size()]->session(options.peers + std::to_string(i));
    member->session->setReceiver(std::make_shared<Ear>(*this, static_cast<std::uint32_t>(i)));
    for (const std::size_t step : kNeighbours) {
      member->watched.push_back(options.peers + std::to_string((i + step) % options.sessions));
    }
    std::sort(member->watched.begin(), member->watched.end());
    members_.push_back(std::move(member));
  }
}

Crowd::~Crowd() {
  talking_ = false;
  std::atomic<std::size_t> left{managers_.size()};
  for (const auto& manager : managers_) manager->close([&left](const Result<void>&) { --left; });
  while (left > 0) std::this_thread::yield();
}

void Crowd::makeManagers() {
  const auto reactor = Reactor::make({options_.managers + 8});
  const auto executor = ThreadExecutor::make();
  for (std::size_t i = 0; i < options_.managers; ++i) {
    Options options;
    options.app_id = kApp;
    options.server = options_.url;
    options.reconnect.first_delay = std::chrono::milliseconds{10};
    options.reconnect.max_delay = std::chrono::milliseconds{300};
    options.keepalive = options_.keepalive;
    options.command_timeout = options_.command_timeout;
    options.connect_timeout = options_.connect_timeout;
    options.outbox.expiry = options_.expiry;
    if (options_.managers > kManyManagers) {
      options.reactor = reactor;
      options.executor = executor;
    } else if (i % kOwnThreads != 0) {
      options.reactor = reactor;
    }
    managers_.push_back(std::make_unique<SessionManager>(options));
  }
}

void Crowd::open() {
  std::atomic<std::size_t> opened{0};
  std::atomic<std::size_t> failed{0};
  std::size_t begun = 0;
  for (const auto& member : members_) {
    await("sessions to open", [&] { return begun - opened - failed < kAtOnce; });
    ++begun;
    member->session->open(member->watched, [&](const Result<void>& done) {
      bell().change([&] { ++(done ? opened : failed); });
    });
  }
  await("all sessions to open", [&] { return opened + failed == members_.size(); });
  require(failed == 0, "sessions could not open");
  makeGroups();
  makeTalks();
}

void Crowd::makeGroups() {
  if (options_.group_size == 0) return;
  for (std::size_t first = 0; first + options_.group_size <= members_.size();
       first += options_.group_size) {
    std::vector<std::string> guests;
    for (std::size_t i = 1; i < options_.group_size; ++i) {
      guests.push_back(members_[first + i]->session->peerId());
    }
    const auto group = makeGroup(*members_[first]->session, guests);
    for (std::size_t i = 0; i < options_.group_size; ++i) {
      members_[first + i]->group_id = group->groupId();
    }
  }
}

void Crowd::makeTalks() {
  const std::size_t count = members_.size();
  for (std::size_t i = 0; i < count; ++i) {
    Member& member = *members_[i];
    for (const std::size_t step : kNeighbours) {
      const auto to = static_cast<std::uint32_t>((i + step) % count);
      member.talks.push_back({ledger_.add(static_cast<std::uint32_t>(i), {to}), to, false});
    }
    if (member.group_id.empty()) continue;
    const std::size_t group = i / options_.group_size;
    std::vector<std::uint32_t> others;
    for (std::size_t k = 0; k < options_.group_size; ++k) {
      const std::size_t other = group * options_.group_size + k;
      if (other != i) others.push_back(static_cast<std::uint32_t>(other));
    }
    member.talks.push_back(
        {ledger_.add(static_cast<std::uint32_t>(i), others, static_cast<int>(group)), 0, true});
  }
}

void Crowd::startTalking() {
  talking_ = true;
  for (std::size_t i = 0; i < members_.size(); ++i) startChains(i);
}

void Crowd::startChains(std::size_t index) {
  Member& member = *members_[index];
  while (talking_ && member.chains < options_.window) {
    ++member.chains;
    say(index);
  }
}

void Crowd::say(std::size_t index) {
  Member& member = *members_[index];
  const std::lock_guard lock(member.mutex);
  sayIn(index, member.talks[member.random() % member.talks.size()], true);
}

void Crowd::sayIn(std::size_t index, const Talk& talk, bool go_on) {
  Member& member = *members_[index];
  const std::string text = ledger_.begin(talk.line);
  Message message;
  message.text = text + ' ';
  message.text.resize(std::max(message.text.size(), options_.text_bytes), 'x');
  if (talk.group) {
    message.group_id = member.group_id;
  } else {
    message.to = {members_[talk.to]->session->peerId()};
  }
  member.session->send(std::move(message), [this, index, text, go_on](const auto& sent) {
    ledger_.completed(text, sent.ok(), !sent.ok() && sent.error().may_have_arrived);
    if (!sent.ok()) ring();
    if (!go_on) return;
    const bool closed =
        !sent.ok() && (sent.error().code == Errc::Closed || sent.error().code == Errc::NotOpen);
    if (talking_ && !closed) return say(index);
    --members_[index]->chains;
  });
}

void Crowd::sayOneMore() {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::lock_guard lock(members_[i]->mutex);
    for (const Talk& talk : members_[i]->talks) sayIn(i, talk, false);
  }
}

bool Crowd::seesAll(std::size_t index) {
  const Member& member = *members_[index];
  return member.session->isOpen() && member.session->onlinePeers() == member.watched;
}

void Crowd::awaitPresence() {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    await(members_[i]->session->peerId() + " to see its neighbours", [&] { return seesAll(i); });
  }
}

void Crowd::closeAndReopen(std::size_t step) {
  std::atomic<std::size_t> busy{0};
  for (std::size_t i = 0; i < members_.size(); i += step) {
    ++busy;
    members_[i]->session->close([&](const Result<void>&) { bell().change([&] { --busy; }); });
  }
  await("sessions to close", [&] { return busy == 0; });
  const auto isClosed = [&](std::size_t index) { return index % step == 0; };
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (isClosed(i)) continue;
    std::vector<std::string> online;
    for (const std::size_t neighbour : kNeighbours) {
      const std::size_t other = (i + neighbour) % members_.size();
      if (!isClosed(other)) online.push_back(members_[other]->session->peerId());
    }
    std::sort(online.begin(), online.end());
    await(members_[i]->session->peerId() + " to see who is gone",
          [&] { return members_[i]->session->onlinePeers() == online; });
  }
  for (std::size_t i = 0; i < members_.size(); i += step) {
    ++busy;
    members_[i]->session->open(members_[i]->watched, [&, i](const Result<void>&) {
      startChains(i);
      bell().change([&] { --busy; });
    });
  }
  await("sessions to open again", [&] { return busy == 0; });
}

void Crowd::networkChanged() {
  for (const auto& manager : managers_) manager->networkChanged();
}

std::size_t Crowd::pausedNow() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(),
                    [](const auto& member) { return member->session->isPaused(); }));
}

void Crowd::closeAll() {
  std::atomic<std::size_t> left{members_.size()};
  for (const auto& member : members_) {
    member->session->close([&](const Result<void>&) { bell().change([&] { --left; }); });
  }
  await("all sessions to close", [&] { return left == 0; });
}

std::map<std::string, std::size_t> Crowd::pauses() {
  const std::lock_guard lock(pauses_mutex_);
  return pauses_;
}

}  // namespace kith::stress
