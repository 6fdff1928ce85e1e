// SPDX-License-Identifier: Apache-2.0
// Thousands of seeded schedules: whatever the order of calls, frames, cuts, sleeps and answers of
// the signer, the engine's promises hold. The server here is a few lines of this file, not the hub.
#include <algorithm>
#include <optional>
#include <set>

#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;
using engine::OpId;
using engine::SessionRef;

/// A frame on its way to the server: what the fake server looks at.
struct Sent {
  wire::Cmd cmd{};
  wire::Op op{};
  std::int64_t i{0};
  std::string peer, to, text, dt, room;
  std::vector<std::string> ids;
  bool transient{false};
};

/// Accepts, deduplicates by `dt`, keeps for the absent, forgets at an acknowledgement.
class FakeServer {
 public:
  std::deque<std::string> out;                  // frames to the client, in order
  std::map<std::string, std::string> accepted;  // dt -> uid

  void take(const Sent& frame, base::SeededRandom& random) {
    const std::string i = " i=" + std::to_string(frame.i);
    switch (frame.cmd) {
      case wire::Cmd::Heartbeat: out.push_back("{} -"); return;
      case wire::Cmd::Session: return session(frame, i, random);
      case wire::Cmd::Direct: return direct(frame, i);
      case wire::Cmd::Ack:
        for (const std::string& id : frame.ids) {
          std::erase_if(queue_[frame.peer], [&](const auto& m) { return m.id == id; });
        }
        return;
      case wire::Cmd::Room: return room(frame, i, random);
      default: return;
    }
  }
  void disconnected() {
    out.clear();
    online_.clear();
  }
  std::size_t undelivered() const {
    std::size_t count = 0;
    for (const auto& [peer, queue] : queue_) count += queue.size();
    return count;
  }

 private:
  struct Kept {
    std::string id, from, text;
  };

  void session(const Sent& f, const std::string& i, base::SeededRandom& random) {
    switch (f.op) {
      case wire::Op::Open:
        online_.insert(f.peer);
        out.push_back("session opened " + f.peer + i + " list=" + (random.upTo(1) ? "bob" : ""));
        for (const Kept& m : queue_[f.peer]) deliver(f.peer, m, true);
        return;
      case wire::Op::Add:
        if (random.upTo(5) == 0) return out.push_back("session error " + f.peer + i + " code=4102");
        return out.push_back("session added " + f.peer + i + " list=carol");
      case wire::Op::Remove: return out.push_back("session removed " + f.peer + i);
      case wire::Op::Query: return out.push_back("session query-result " + f.peer + i + " list=");
      case wire::Op::Close:
        online_.erase(f.peer);
        return out.push_back("session closed " + f.peer + i);
      default: return;
    }
  }
  void direct(const Sent& f, const std::string& i) {
    if (!online_.contains(f.peer)) return;
    if (f.transient) return;
    std::string& uid = accepted[f.dt];
    if (uid.empty()) {
      uid = "m" + std::to_string(++ids_);
      queue_[f.to].push_back({uid, f.peer, f.text});
      if (online_.contains(f.to)) deliver(f.to, queue_[f.to].back(), false);
    }
    out.push_back("ack " + f.peer + i + " uid=" + uid);
  }
  void room(const Sent& f, const std::string& i, base::SeededRandom& random) {
    const std::string head = " " + f.peer + i + " room=g ";
    if (random.upTo(4) == 0) return out.push_back("room reject" + head + "code=4303");
    switch (f.op) {
      case wire::Op::Join: return out.push_back("room joined" + head + "by=" + f.peer);
      case wire::Op::Leave: return out.push_back("room left" + head + "by=" + f.peer);
      case wire::Op::Invite: return out.push_back("room invited" + head + "peers=x by=" + f.peer);
      default: return out.push_back("room kicked" + head + "peers=x by=" + f.peer);
    }
  }
  void deliver(const std::string& peer, const Kept& m, bool offline) {
    out.push_back("direct " + peer + " from=" + m.from + " id=" + m.id + " msg=" + m.text +
                  (offline ? " offline" : ""));
  }

  std::set<std::string> online_;
  std::map<std::string, std::vector<Kept>> queue_;
  int ids_{0};
};

/// The application, the driver, the network and the server around one engine.
class Schedule final : public engine::Output {
 public:
  Schedule(std::uint64_t seed, engine::EngineOptions options)
      : random_(seed),
        engine_random_(seed + 1),
        engine_(std::move(options), *this, engine_random_) {
    for (SessionRef ref = 0; ref < kSessions; ++ref) engine_.addSession(ref, peerOf(ref));
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

 private:
  static constexpr SessionRef kSessions = 3;
  static std::string peerOf(SessionRef ref) { return "p" + std::to_string(ref); }
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
  void sendFrame(const wire::Command& c) override {
    if (transport_ != Transport::Up) return broken("a frame without a connection");
    Sent f{c.cmd,
           c.op,
           c.i.number,
           std::string(c.peer_id),
           {},
           std::string(c.msg),
           std::string(c.dedupe),
           std::string(c.room_id),
           {c.ids.begin(), c.ids.end()},
           c.transient};
    if (c.has(wire::Field::ToPeerIds)) f.to = c.to_peer_ids[0];
    if (c.op == wire::Op::Close) last_on_wire_.erase(f.peer);  // what is unanswered goes out again
    if (c.cmd == wire::Cmd::Direct) {
      const auto number = std::atoll(f.text.c_str());
      if (number <= last_on_wire_[f.peer]) broken("messages out of order on the wire");
      last_on_wire_[f.peer] = number;
    }
    to_server_.push_back(std::move(f));
  }
  void sendPing() override {}
  void requestSignature(engine::SignatureId id, const SignatureRequest& request) override {
    questions_.emplace_back(id, request.peer_ids);
  }
  void load(engine::SessionRef, const std::string&) override {}
  void keep(const std::string&, StoreChange) override {}
  void done(OpId op, engine::Outcome outcome) override {
    if (--open_ops[op] != 0)
      broken("operation " + std::to_string(op) + " completed twice or unasked");
    if (const auto sent = sends_.find(op); sent != sends_.end()) {
      if (outcome.result.ok() && !sent->second.transient) accepted_sends.insert(*sent);
      sends_.erase(sent);
    }
  }
  void notify(SessionRef ref, engine::SessionEvent event) override {
    if (closed_.contains(ref)) broken("an event after Closed");
    if (auto* incoming = std::get_if<engine::Incoming>(&event))
      executor_[ref].push_back(incoming->message);
    if (const auto* closed = std::get_if<engine::Closed>(&event)) {
      closed_.insert(ref);
      // After close() nothing is shown; after a final refusal, what is on its way still is.
      if (!closed->event.cause) executor_[ref].clear();
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
      engine_.transportDown(chance(6) ? 4102 : 0, {Errc::NetworkDown, 0, "cut", false}, now_);
    }
  }

  void act() {
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
  void call(SessionRef ref) {
    switch (random_.upTo(13)) {
      case 0:
      case 1:
        if (engine_.state(ref) == SessionState::Idle || engine_.state(ref) == SessionState::Closed)
          closed_.erase(ref);
        return engine_.open(ref, {"bob"}, newOp(), now_);
      case 2: return chance(4) ? close(ref) : void();
      case 3: return engine_.watch(ref, {"carol"}, newOp(), now_);
      case 4: return engine_.unwatch(ref, {"carol"}, newOp(), now_);
      case 5: return engine_.query(ref, {"x"}, newOp(), now_);
      case 6: return engine_.join(ref, chance(2) ? "" : "g", false, newOp(), now_);
      case 7: return engine_.leave(ref, "g", newOp(), now_);
      case 8: return engine_.invite(ref, "g", {"x"}, newOp(), now_);
      case 9: return engine_.kick(ref, "g", {"x"}, newOp(), now_);
      default: return send(ref);
    }
  }
  void close(SessionRef ref) {
    engine_.close(ref, newOp(), now_);
    executor_[ref].clear();
  }
  void send(SessionRef ref) {
    Message message;
    message.text = std::to_string(++text_);
    message.to = {peerOf(static_cast<SessionRef>(random_.upTo(kSessions - 1)))};
    message.transient = chance(6);
    const OpId op = newOp();
    sends_[op] = message;
    engine_.send(ref, message, "c" + std::to_string(op), op, now_);
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
    engine_.received(text.command(), now_);
  }
  void connectOrFail() {
    if (std::exchange(route_wanted_, false)) {
      if (chance(4)) return engine_.routeAnswered(Error{Errc::RouterFailed, 0, "no", false}, now_);
      return engine_.routeAnswered(base::Route{"ws://one", "ws://two", "", Millis{5000}}, now_);
    }
    if (transport_ == Transport::Closing) return cut(true);
    if (transport_ != Transport::Connecting) return;
    if (chance(3)) return cut(true);
    transport_ = Transport::Up;
    engine_.transportUp(now_);
  }
  void pauseOrResume() {
    switch (random_.upTo(3)) {
      case 0: return engine_.pause(newOp(), now_);
      case 1: return engine_.networkChanged(now_);
      default: return engine_.resume(now_);
    }
  }
  void wait() {
    if (chance(20)) return pass(Millis{static_cast<int>(random_.upTo(100000))});  // asleep
    const Millis due = engine_.deadline();
    pass(due == base::kNever ? Millis{1000} : std::max(due - now_.mono, Millis{0}));
  }
  void answerSigner() {
    if (questions_.empty()) return;
    auto [id, peers] = questions_.front();
    questions_.pop_front();
    if (chance(5)) {
      const Errc code = chance(3) ? Errc::SignatureRefused : Errc::ServerBusy;
      return engine_.signatureReady(id, Error{code, 0, "no", false}, now_);
    }
    engine_.signatureReady(id, Signature{"s", 1, "n", peers}, now_);
  }
  void runCallbacks() {
    for (auto& [ref, queue] : executor_) {
      const std::size_t count = std::min<std::size_t>(queue.size(), random_.upTo(3));
      for (std::size_t i = 0; i < count; ++i) {
        auto& seen = shown[ref];
        if (std::find(seen.begin(), seen.end(), queue[i].id) != seen.end())
          broken("shown twice: " + queue[i].id);
        if (!seen.empty() &&
            std::atoi(queue[i].id.c_str() + 1) < std::atoi(seen.back().c_str() + 1)) {
          broken("shown out of order: " + queue[i].id);
        }
        seen.push_back(queue[i].id);
      }
      queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
      if (count > 0) engine_.delivered(ref, count, now_);
    }
  }
  void pass(Millis time) {
    now_.mono += time;
    now_.wall += time;
  }
  /// What a driver does between two events. A deadline that does not move on would spin.
  void settle() {
    for (int turn = 0; engine_.deadline() <= now_.mono; ++turn) {
      if (turn > 30) return broken("the deadline does not advance");
      engine_.timeReached(now_);
    }
  }
  /// From here on everything works; all that waits must come to its end.
  void heal() {
    engine_.resume(now_);
    for (SessionRef ref = 0; ref < kSessions; ++ref) {
      if (engine_.state(ref) != SessionState::Idle && engine_.state(ref) != SessionState::Closed)
        continue;
      closed_.erase(ref);
      engine_.open(ref, {}, newOp(), now_);
    }
    for (int turn = 0; turn < 4000; ++turn) {
      settle();
      if (std::exchange(route_wanted_, false)) {
        engine_.routeAnswered(base::Route{"ws://one", "", "", Millis{5000}}, now_);
      }
      if (transport_ == Transport::Closing) cut(true);
      if (transport_ == Transport::Connecting) {
        transport_ = Transport::Up;
        engine_.transportUp(now_);
      }
      for (; !questions_.empty(); questions_.pop_front()) {
        engine_.signatureReady(questions_.front().first,
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
      pass(std::min(Millis{1000}, engine_.deadline() == base::kNever
                                      ? Millis{1000}
                                      : std::max(Millis{0}, engine_.deadline() - now_.mono)));
    }
    if (server.undelivered() != 0) broken("messages stay on the server");
    const OpId last = newOp();
    engine_.closeAll(last, now_);
    if (transport_ == Transport::Closing) cut(true);
    if (open_ops[last] != 0) broken("closeAll does not complete");
    if (engine_.deadline() != base::kNever) broken("a timer is left after closeAll");
    for (const auto& [op, open] : open_ops) {
      if (open != 0) broken("operation " + std::to_string(op) + " never completed");
    }
    for (const auto& [op, message] : accepted_sends) {
      const std::string uid = server.accepted["c" + std::to_string(op)];
      const auto ref = static_cast<SessionRef>(message.to[0][1] - '0');
      if (std::count(shown[ref].begin(), shown[ref].end(), uid) != 1)
        broken("accepted but not shown once: " + uid);
    }
  }

  enum class Transport { None, Connecting, Up, Closing };

  base::SeededRandom random_;
  base::SeededRandom engine_random_;
  engine::ClientEngine engine_;
  base::Instant now_{Millis{1000}, Millis{1700000000000}};
  Transport transport_{Transport::None};
  bool route_wanted_{false};
  std::deque<Sent> to_server_;
  std::map<std::string, long long> last_on_wire_;
  std::deque<std::pair<engine::SignatureId, std::vector<std::string>>> questions_;
  std::map<SessionRef, std::deque<Message>> executor_;
  std::set<SessionRef> closed_;
  std::map<OpId, Message> sends_;
  OpId op_{0};
  int text_{0};
};

engine::EngineOptions optionsFor(std::uint64_t seed) {
  engine::EngineOptions options = seed % 2 == 0 ? plainOptions() : signedOptions();
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
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Schedule schedule(seed, optionsFor(seed));
    schedule.run(200);
    INFO("seed " << seed);
    REQUIRE(schedule.trouble == "");
    accepted += schedule.accepted_sends.size();
  }
  CHECK(accepted > seeds * 7);  // the schedules get somewhere
}

}  // namespace
}  // namespace kith::test
