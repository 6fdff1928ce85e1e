// SPDX-License-Identifier: Apache-2.0
// Thousands of seeded schedules: whatever the order of calls, frames, cuts, sleeps and answers of
// the signer, the engine's promises hold. The server and the disk are those of fake_world.hpp, not
// the real ones.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>

#include "backends/kith/engine/fake_world.hpp"
#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;
using engine::OpId;
using engine::SessionRef;

/// The application, the driver, the network, the disk and the server around one engine.
class Schedule final : public engine::Output {
 public:
  /// `disk_fails`: some commits and loads do.
  Schedule(std::uint64_t seed, engine::EngineOptions options, bool disk_fails)
      : random_(seed),
        engine_random_(seed + 1),
        options_(std::move(options)),
        disk_fails_(disk_fails) {
    start();
  }

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      act();
      settle();
    }
    heal();
  }

  std::string trouble;  // the first promise that was broken; empty = all held
  std::map<OpId, int> open_ops;
  std::map<OpId, Message> accepted_sends;
  std::map<SessionRef, std::vector<std::string>> shown;
  FakeServer server;
  int kills{0};

 private:
  static constexpr SessionRef kSessions = 3;
  static std::string peerOf(SessionRef ref) { return "p" + std::to_string(ref % 10); }
  /// A new life of the program.
  void start() {
    engine_ = std::make_unique<engine::ClientEngine>(options_, *this, engine_random_);
    for (SessionRef ref = 0; ref < kSessions; ++ref) engine_->addSession(refs_[ref], peerOf(ref));
  }
  bool chance(std::uint64_t in) { return random_.upTo(in - 1) == 0; }
  void broken(const std::string& what) {
    if (trouble.empty()) trouble = what;
  }
  OpId newOp() {
    open_ops[++op_] = 1;
    return op_;
  }

  // --- Output ---
  void fetchRoute() override { route_wanted_ = true; }
  void connect(const std::string&) override {
    if (transport_ != Transport::None && transport_ != Transport::Closing)
      broken("connect while connected");
    transport_ = Transport::Connecting;
  }
  void disconnect(std::uint16_t, std::string_view) override {
    if (transport_ != Transport::Up) broken("disconnect without a connection");
    transport_ = Transport::Closing;
  }
  void abandon() override {
    if (transport_ == Transport::None) broken("abandon without a transport");
    cut(false);
  }
  void sendFrame(const avos::Frame& frame) override {
    if (transport_ != Transport::Up) return broken("a frame without a connection");
    Sent f(frame);
    // What is unanswered goes out again.
    if (f.what == Sent::What::Close) last_on_wire_.erase(f.peer);
    if (f.what == Sent::What::Direct) {
      const auto number = std::atoll(f.text.c_str());
      if (number <= last_on_wire_[f.peer]) broken("messages out of order on the wire");
      last_on_wire_[f.peer] = number;
    }
    to_server_.push_back(std::move(f));
  }
  void sendCommand(const leancloud::Command&) override {}
  void sendPing() override {}
  void requestSignature(engine::SignatureId id, const SignatureRequest& request) override {
    questions_.emplace_back(id, request.peer_ids);
  }
  void load(SessionRef session, const std::string& peer) override {
    disk_.jobs.push_back(FakeDisk::Load{session, peer});
  }
  void keep(const std::string& peer, StoreChange change) override {
    disk_.jobs.push_back(PeerChange{peer, std::move(change)});
  }
  void done(OpId op, engine::Outcome&& outcome) override {
    if (--open_ops[op] != 0)
      broken("operation " + std::to_string(op) + " completed twice or unasked");
    if (const auto sent = sends_.find(op); sent != sends_.end()) {
      if (outcome.result.ok() && !sent->second.transient) accepted_sends.insert(*sent);
      sends_.erase(sent);
    }
  }
  void notify(SessionRef session, Event&& event) override {
    const SessionRef ref = session % 10;
    if (session != refs_[ref]) broken("an event for a session that was dropped");
    if (closed_.contains(ref)) broken("an event after Closed");
    if (auto* incoming = std::get_if<MessageReceived>(&event))
      executor_[ref].push_back(incoming->message);
    if (const auto* closed = std::get_if<SessionClosed>(&event)) {
      closed_.insert(ref);
      // After close() nothing is shown; after a final refusal, what is on its way still is.
      if (!closed->cause) executor_[ref].clear();
    }
  }

  // --- the world ---
  void cut(bool tell) {
    const Transport was = std::exchange(transport_, Transport::None);
    // Some of what was written still arrives.
    while (was == Transport::Up && !to_server_.empty() && !chance(4)) {
      server.take(to_server_.front(), random_);
      to_server_.pop_front();
    }
    to_server_.clear();
    server.disconnected();
    last_on_wire_.clear();
    if (tell && was != Transport::None) {
      engine_->transportDown(chance(6) ? 4102 : 0, {Errc::NetworkDown, 0, "cut", false}, now_);
    }
  }

  void act() {
    if (options_.has_store && chance(3)) return chance(30) ? kill() : writeOrRead();
    switch (random_.upTo(17)) {
      case 0: return toServer();
      case 1:
      case 2: toServer(); return toClient();
      case 3: return toClient();
      case 4: return connectOrFail();
      case 5: return chance(6) ? cut(true) : toServer();
      case 6: return chance(4) ? pauseOrResume() : connectOrFail();
      case 7: return wait();
      case 8: return answerSigner();
      case 9: return runCallbacks();
      default: return call(static_cast<SessionRef>(random_.upTo(kSessions - 1)));
    }
  }
  void call(SessionRef index) {
    const SessionRef ref = refs_[index];
    switch (random_.upTo(13)) {
      case 0:
      case 1:
        if (engine_->state(ref) == SessionState::Idle ||
            engine_->state(ref) == SessionState::Closed)
          closed_.erase(index);
        return engine_->open(ref, {"bob"}, newOp(), now_);
      case 2: return chance(4) ? close(index) : void();
      case 11: return options_.has_store && chance(6) ? drop(index) : send(ref);
      case 3: return engine_->watch(ref, {"carol"}, newOp(), now_);
      case 4: return engine_->unwatch(ref, {"carol"}, newOp(), now_);
      case 5: return engine_->query(ref, {"x"}, newOp(), now_);
      case 6: return engine_->join(ref, chance(2) ? "" : "g", false, newOp(), now_);
      case 7: return engine_->leave(ref, "g", newOp(), now_);
      case 8: return engine_->invite(ref, "g", {"x"}, newOp(), now_);
      case 9: return engine_->kick(ref, "g", {"x"}, newOp(), now_);
      default: return send(ref);
    }
  }
  void close(SessionRef index) {
    engine_->close(refs_[index], newOp(), now_);
    executor_[index].clear();
  }
  /// The application drops its last reference, and gets the peer's session anew.
  void drop(SessionRef index) {
    engine_->removeSession(refs_[index], now_);
    executor_[index].clear();
    closed_.erase(index);
    if (disk_fails_) seen_[index].clear();
    refs_[index] += 10;
    engine_->addSession(refs_[index], peerOf(index));
  }
  /// SIGKILL: what was not committed is gone, and so is everything that waited.
  void kill() {
    ++kills;
    while (!disk_.jobs.empty() && !chance(3)) {
      if (const auto* change = std::get_if<PeerChange>(&disk_.jobs.front())) disk_.apply(*change);
      disk_.jobs.pop_front();
    }
    disk_.jobs.clear();
    cut(false);
    route_wanted_ = false;
    questions_.clear();
    executor_.clear();
    closed_.clear();
    seen_.clear();
    sends_.clear();
    open_ops.clear();
    start();
  }
  /// The disk gets something done: a read, or several changes in one commit.
  void writeOrRead() {
    if (disk_.jobs.empty()) return;
    const bool fails = disk_fails_ && chance(5);
    const Error error{Errc::StoreFailed, 0, "no disk", false};
    if (const auto* load = std::get_if<FakeDisk::Load>(&disk_.jobs.front())) {
      const SessionRef session = load->session;
      Result<StoredPeer> peer = fails ? Result<StoredPeer>(error) : disk_.of(load->peer);
      disk_.jobs.pop_front();
      return engine_->loaded(session, std::move(peer), now_);
    }
    std::size_t count = 0;
    for (; !disk_.jobs.empty() && (count == 0 || !chance(4)); ++count) {
      const auto* change = std::get_if<PeerChange>(&disk_.jobs.front());
      if (change == nullptr) break;
      if (!fails) disk_.apply(*change);
      disk_.jobs.pop_front();
    }
    engine_->kept(count, fails ? Result<void>(error) : Result<void>{}, now_);
  }
  void send(SessionRef ref) {
    Message message;
    message.text = std::to_string(++text_);
    message.to = {peerOf(static_cast<SessionRef>(random_.upTo(kSessions - 1)))};
    message.transient = chance(6);
    const OpId op = newOp();
    sends_[op] = message;
    engine_->send(ref, message, "c" + std::to_string(op), op, now_);
  }
  void toServer() {
    if (transport_ != Transport::Up || to_server_.empty()) return;
    const Sent frame = std::move(to_server_.front());
    to_server_.pop_front();
    server.take(frame, random_);
  }
  void toClient() {
    if (transport_ != Transport::Up || server.out.empty()) return;
    const FrameText text(server.out.front());
    server.out.pop_front();
    engine_->received(text.frame(), now_);
  }
  void connectOrFail() {
    if (std::exchange(route_wanted_, false)) {
      if (chance(4)) return engine_->routeAnswered(Error{Errc::RouterFailed, 0, "no", false}, now_);
      return engine_->routeAnswered(base::Route{"ws://one", "ws://two", "", Millis{5000}}, now_);
    }
    if (transport_ == Transport::Closing) return cut(true);
    if (transport_ != Transport::Connecting) return;
    if (chance(3)) return cut(true);
    transport_ = Transport::Up;
    engine_->transportUp(now_);
  }
  void pauseOrResume() {
    switch (random_.upTo(3)) {
      case 0: return engine_->pause(newOp(), now_);
      case 1: return engine_->networkChanged(now_);
      default: return engine_->resume(now_);
    }
  }
  void wait() {
    if (chance(20)) return pass(Millis{static_cast<int>(random_.upTo(100000))});  // asleep
    const Millis due = engine_->deadline();
    pass(due == base::kNever ? Millis{1000} : std::max(due - now_.mono, Millis{0}));
  }
  void answerSigner() {
    if (questions_.empty()) return;
    auto [id, peers] = questions_.front();
    questions_.pop_front();
    if (chance(5)) {
      const Errc code = chance(3) ? Errc::SignatureRefused : Errc::ServerBusy;
      return engine_->signatureReady(id, Error{code, 0, "no", false}, now_);
    }
    engine_->signatureReady(id, Signature{"s", 1, "n", peers}, now_);
  }
  void runCallbacks() {
    for (auto& [ref, queue] : executor_) {
      const std::size_t count = std::min<std::size_t>(queue.size(), random_.upTo(3));
      for (std::size_t i = 0; i < count; ++i) show(ref, queue[i].id);
      queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
      if (count > 0) engine_->delivered(refs_[ref], count, now_);
    }
  }
  /// A life of the program shows nothing twice, and nothing that an earlier one wrote down as
  /// shown.
  void show(SessionRef ref, const std::string& id) {
    auto& seen = seen_[ref];
    if (std::find(seen.begin(), seen.end(), id) != seen.end()) broken("shown twice: " + id);
    if (!disk_fails_ && disk_.wasShown(peerOf(ref), id)) broken("shown again: " + id);
    if (!disk_fails_ && !seen.empty() &&
        std::atoi(id.c_str() + 1) < std::atoi(seen.back().c_str() + 1)) {
      broken("shown out of order: " + id);
    }
    seen.push_back(id);
    shown[ref].push_back(id);
  }
  void pass(Millis time) {
    now_.mono += time;
    now_.wall += time;
  }
  /// What a driver does between two events. A deadline that does not move on would spin.
  void settle() {
    for (int turn = 0; engine_->deadline() <= now_.mono; ++turn) {
      if (turn > 30) return broken("the deadline does not advance");
      engine_->timeReached(now_);
    }
  }
  /// From here on everything works; all that waits must come to its end.
  void heal() {
    engine_->resume(now_);
    for (SessionRef ref = 0; ref < kSessions; ++ref) {
      const SessionState state = engine_->state(refs_[ref]);
      if (state != SessionState::Idle && state != SessionState::Closed) continue;
      closed_.erase(ref);
      engine_->open(refs_[ref], {}, newOp(), now_);
    }
    for (int turn = 0; turn < 4000; ++turn) {
      settle();
      if (std::exchange(route_wanted_, false)) {
        engine_->routeAnswered(base::Route{"ws://one", "", "", Millis{5000}}, now_);
      }
      if (transport_ == Transport::Closing) cut(true);
      if (transport_ == Transport::Connecting) {
        transport_ = Transport::Up;
        engine_->transportUp(now_);
      }
      while (!disk_.jobs.empty()) writeOrRead();
      for (; !questions_.empty(); questions_.pop_front()) {
        engine_->signatureReady(questions_.front().first,
                                Signature{"s", 1, "n", questions_.front().second}, now_);
      }
      while (!to_server_.empty()) toServer();
      while (!server.out.empty() && transport_ == Transport::Up) toClient();
      runCallbacks();
      if (turn > 500 &&
          std::all_of(open_ops.begin(), open_ops.end(), [](auto& op) { return op.second == 0; }) &&
          server.undelivered() == 0) {
        break;
      }
      pass(std::min(Millis{1000}, engine_->deadline() == base::kNever
                                      ? Millis{1000}
                                      : std::max(Millis{0}, engine_->deadline() - now_.mono)));
    }
    if (server.undelivered() != 0) broken("messages stay on the server");
    checkDisk();
    const OpId last = newOp();
    engine_->closeAll(last, now_);
    if (transport_ == Transport::Closing) cut(true);
    if (open_ops[last] != 0) broken("closeAll does not complete");
    if (engine_->deadline() != base::kNever) broken("a timer is left after closeAll");
    for (const auto& [op, open] : open_ops) {
      if (open != 0) broken("operation " + std::to_string(op) + " never completed");
    }
    for (const auto& [op, message] : accepted_sends) {
      const std::string uid = server.accepted["c" + std::to_string(op)];
      const auto ref = static_cast<SessionRef>(message.to[0][1] - '0');
      const auto times = std::count(shown[ref].begin(), shown[ref].end(), uid);
      if (times == 0 || (times > 1 && kills == 0 && !disk_fails_)) {
        broken("accepted but not shown once: " + uid);
      }
    }
  }

  /// Everything had its end, and was taken off.
  void checkDisk() {
    if (disk_fails_) return;
    for (SessionRef ref = 0; ref < kSessions; ++ref) {
      const StoredPeer& peer = disk_.of(peerOf(ref));
      if (!peer.outgoing.empty()) broken("stays to be sent: " + peer.outgoing[0].client_id);
      if (!peer.incoming.empty()) broken("stays to be shown: " + peer.incoming[0].message.id);
      if (options_.has_store && peer.watched != engine_->watched(refs_[ref])) {
        broken("the watch list on the disk is another");
      }
    }
  }

  enum class Transport { None, Connecting, Up, Closing };

  base::SeededRandom random_;
  base::SeededRandom engine_random_;
  engine::EngineOptions options_;
  const bool disk_fails_;
  std::unique_ptr<engine::ClientEngine> engine_;
  FakeDisk disk_;
  SessionRef refs_[kSessions]{0, 1, 2};  // a session made anew has another ref, 10 higher
  base::Instant now_{Millis{1000}, Millis{1700000000000}};
  Transport transport_{Transport::None};
  bool route_wanted_{false};
  std::deque<Sent> to_server_;
  std::map<std::string, long long> last_on_wire_;
  std::deque<std::pair<engine::SignatureId, std::vector<std::string>>> questions_;
  std::map<SessionRef, std::deque<Message>> executor_;
  std::map<SessionRef, std::vector<std::string>> seen_;  // by this life of the program
  std::set<SessionRef> closed_;
  std::map<OpId, Message> sends_;
  OpId op_{0};
  int text_{0};
};

engine::EngineOptions optionsFor(std::uint64_t seed) {
  engine::EngineOptions options = seed % 2 == 0 ? plainOptions() : signedOptions();
  options.has_store = seed / 2 % 2 == 1;
  if (seed % 3 == 0) options.server.clear();
  if (seed % 5 == 0) options.outbox.max_in_flight = 2;
  if (seed % 7 == 0) options.outbox.max_messages = 5;
  if (seed % 4 == 0) options.inbox.max_messages = 1 + seed % 3;
  if (seed % 11 == 0) options.outbox.expiry = Millis{20000};
  return options;
}

TEST_CASE("schedules: the promises hold in every seeded order of events") {
  // KITH_SCHEDULES=20000 for a long run.
  const char* wanted = std::getenv("KITH_SCHEDULES");
  const std::uint64_t seeds = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 300;
  std::size_t accepted = 0;
  int kills = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const engine::EngineOptions options = optionsFor(seed);
    Schedule schedule(seed, options, options.has_store && seed % 5 == 2);
    schedule.run(options.has_store ? 300 : 200);  // a third of the steps is the disk's
    INFO("seed " << seed);
    REQUIRE(schedule.trouble == "");
    accepted += schedule.accepted_sends.size();
    kills += schedule.kills;
  }
  CHECK(kills > 0);
  CHECK(accepted > seeds * 5);  // the schedules get somewhere
}

}  // namespace
}  // namespace kith::test
