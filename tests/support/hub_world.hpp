// SPDX-License-Identifier: Apache-2.0
// A hub with clients that are nothing but names, frames as JSON text, and a clock that moves only
// when told. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "server/core/hub.hpp"
#include "server/dialects/avos/avos_dialect.hpp"
#include "sign/signer.hpp"
#include "support/catch.hpp"
#include "support/json.hpp"
#include "support/scripted_storage.hpp"

namespace kith::testing {

inline constexpr std::string_view kMasterKey = "mk-0123456789abcdef";
/// The second of the vectors in avos-v1 §10.2.
inline constexpr std::int64_t kStartSeconds = 1412000000;

inline AppOptions testApp(bool require_signature = false) {
  AppOptions app;
  app.id = "testapp0001";
  app.master_key = kMasterKey;
  app.require_signature = require_signature;
  return app;
}

inline core::HubOptions testHub(AppOptions app = testApp()) {
  core::HubOptions options;
  options.apps.push_back(std::move(app));
  return options;
}

class HubWorld : private core::Output {
 public:
  struct Closed {
    int code;
    std::string reason;
    friend bool operator==(const Closed&, const Closed&) = default;
  };

  explicit HubWorld(core::HubOptions options = testHub())
      : apps(options.apps),
        switches(options.switches),
        hub(std::move(options), *this, storage, random_) {}

  /// What the server does with a new snapshot of its registry: `apps` and `switches` hold.
  void setApps() { hub.setApps({apps, switches, ++version_}, now()); }
  void setSwitches(const Switches& changed) {
    switches = changed;
    setApps();
  }

  // --- clients ----------------------------------------------------------------------------------
  void connect(const std::string& name) { connect(name, dialect); }
  void connect(const std::string& name, core::Dialect& speaks) {
    const auto id = next_id_++;
    ids_[name] = id;
    clients_[id] = {};
    hub.connected(id, speaks, now());
    settle();
  }

  /// The socket is gone.
  void drop(const std::string& name) {
    const auto id = ids_.at(name);
    ids_.erase(name);
    hub.disconnected(id, now());
    clients_.erase(id);
    settle();
  }

  /// Feeds one frame, then lets everything happen that follows from it.
  void send(const std::string& name, std::string_view frame) {
    feed(name, frame);
    settle();
  }

  /// Feeds one frame in the present turn. Connects the client when it is new.
  void feed(const std::string& name, std::string_view frame) {
    if (!ids_.contains(name)) connect(name);
    const auto id = ids_.at(name);
    Client& client = clients_.at(id);
    if (client.waits) {
      client.backlog.emplace_back(frame);
      return;
    }
    std::string bytes(frame);
    bytes.push_back('\0');
    client.waits = hub.received(id, bytes.data(), frame.size(), now()) == core::Flow::Wait;
  }

  /// Opens a session the JavaScript way (D2) and takes the answer. Returns it.
  std::string open(const std::string& name, const std::string& peer,
                   const std::string& watch = "[]", const std::string& more = "") {
    send(name, R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":")" + peer +
                   R"(","sessionPeerIds":)" + watch + more + "}");
    const auto reply = take(name);
    INFO(reply);
    REQUIRE(textOf(reply, "op") == "opened");
    return reply;
  }

  /// The signature fields of a session open or add of `ids`, with a comma before them.
  std::string sessionSignature(const std::string& peer, std::vector<std::string_view> ids,
                               const std::string& suffix = "") {
    const std::string nonce = "n" + std::to_string(++nonces_);
    const std::string time = std::to_string(seconds());
    return signed_(sign::sessionText("testapp0001", peer, ids, time, nonce, suffix), time, nonce);
  }

  std::string roomSignature(const std::string& peer, const std::string& group,
                            std::vector<std::string_view> ids, const std::string& action) {
    const std::string nonce = "n" + std::to_string(++nonces_);
    const std::string time = std::to_string(seconds());
    return signed_(sign::groupText("testapp0001", peer, group, ids, time, nonce, action), time,
                   nonce);
  }

  // --- what came out ----------------------------------------------------------------------------
  bool has(const std::string& name) { return ids_.contains(name) && !frames(name).empty(); }

  /// The next frame to this client.
  std::string take(const std::string& name) {
    auto& waiting = frames(name);
    INFO("client " << name);
    if (waiting.empty()) FAIL("no frame for " << name);
    std::string frame = std::move(waiting.front());
    waiting.pop_front();
    return frame;
  }

  void expect(const std::string& name, const std::string& frame) {
    const std::string actual = take(name);
    INFO("client   " << name << "\nexpected " << frame << "\nactual   " << actual);
    CHECK(sameFrame(frame, actual));
  }

  void expectNothing(const std::string& name) {
    INFO("client " << name << (has(name) ? " got " + frames(name).front() : ""));
    CHECK(!has(name));
  }

  void expectClose(const std::string& name, int code, const std::string& reason) {
    const auto& closed = clients_.at(ids_.at(name)).closed;
    INFO("client " << name);
    REQUIRE(closed.has_value());
    CHECK(closed->code == code);
    CHECK(closed->reason == reason);
  }

  bool closed(const std::string& name) { return clients_.at(ids_.at(name)).closed.has_value(); }

  /// What was refused for its signature, oldest first; see takeRefusal().
  struct Refusal {
    std::string app, peer, action;
    core::SignatureFault fault;
    base::Millis beyond;
  };
  /// The only refusal since the last call.
  Refusal takeRefusal() {
    REQUIRE(refusals_.size() == 1);
    Refusal refusal = refusals_.front();
    refusals_.clear();
    return refusal;
  }
  bool anyRefusal() const { return !refusals_.empty(); }

  /// Takes whatever waits for this client.
  std::vector<std::string> takeAll(const std::string& name) {
    auto& waiting = frames(name);
    std::vector<std::string> all(waiting.begin(), waiting.end());
    waiting.clear();
    return all;
  }
  void forgetAll() {
    for (auto& [id, client] : clients_) client.frames.clear();
  }

  // --- time and storage -------------------------------------------------------------------------
  base::Instant now() const {
    return {base::Millis(passed_), base::Millis(kStartSeconds * 1000 + passed_) + set_by_};
  }
  std::int64_t seconds() const { return kStartSeconds + passed_ / 1000; }

  /// Moves the clock, stopping wherever the hub has something to do.
  void advance(base::Millis by) {
    const std::int64_t until = passed_ + by.count();
    while (hub.deadline() <= base::Millis(until)) {
      passed_ = std::max(passed_, static_cast<std::int64_t>(hub.deadline().count()));
      ++wakeups;
      hub.timeReached(now());
      settle();
    }
    passed_ = until;
  }

  /// Sets the wall clock, forward or back.
  void setClock(base::Millis by) { set_by_ += by; }

  /// Moves the clock and does nothing else.
  void pass(base::Millis by) { passed_ += by.count(); }

  /// One turn after the other, until nothing moves.
  void settle() {
    for (int quiet = 0; quiet < 2;) {
      hub.endTurn(now());
      hub.setNow(now());
      const bool answered = storage.drain(hub) > 0;
      const bool resumed = feedResumed();
      const bool drained = auto_drain && drainAll();
      quiet = answered || resumed || drained ? 0 : quiet + 1;
    }
  }

  /// Tells the hub that this client has read everything.
  void drained(const std::string& name) {
    clients_.at(ids_.at(name)).undrained = false;
    hub.drained(ids_.at(name), now());
    settle();
  }

  /// For tests that feed by hand: whether the hub has resumed this connection since it was asked.
  bool takeResumed(core::ConnectionId id) { return std::erase(resumed_, id) > 0; }

  std::vector<AppOptions> apps;  ///< see setApps()
  Switches switches;
  bool auto_drain{true};
  int wakeups{0};
  dialects::AvosDialect dialect{0};
  ScriptedStorage storage;

 private:
  struct Client {
    std::deque<std::string> frames;
    std::deque<std::string> backlog;
    std::optional<Closed> closed;
    bool waits{false};
    bool undrained{false};
  };

  base::SeededRandom random_{7};

 public:
  core::Hub hub;

 private:
  std::string signed_(const std::string& text, const std::string& time, const std::string& nonce) {
    return R"(,"s":")" + signer_.sign(text) + R"(","t":)" + time + R"(,"n":")" + nonce + "\"";
  }

  std::deque<std::string>& frames(const std::string& name) {
    return clients_.at(ids_.at(name)).frames;
  }

  bool drainAll() {
    bool any = false;
    for (auto& [id, client] : clients_) {
      if (!std::exchange(client.undrained, false)) continue;
      any = true;
      hub.drained(id, now());
    }
    return any;
  }

  void write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
             core::FrameForm) override {
    Client& client = clients_.at(to);
    if (client.closed) throw std::logic_error("a frame after the close");
    std::string frame;
    for (const auto part : parts) frame.append(part);
    client.frames.push_back(std::move(frame));
    client.undrained = true;
  }

  void close(core::ConnectionId id, std::uint16_t code, std::string_view reason) override {
    Client& client = clients_.at(id);
    if (client.closed) throw std::logic_error("closed twice");
    client.closed = Closed{code, std::string(reason)};
  }

  void resume(core::ConnectionId id) override { resumed_.push_back(id); }

  void signatureRefused(const core::RefusedSignature& what) override {
    refusals_.push_back({std::string(what.app_id), std::string(what.peer_id),
                         std::string(what.action), what.fault, what.beyond});
  }

  /// Feeds what was kept back for connections that may go on.
  bool feedResumed() {
    bool any = false;
    while (!resumed_.empty()) {
      Client& client = clients_.at(resumed_.back());
      const auto id = resumed_.back();
      resumed_.pop_back();
      client.waits = false;
      any = true;
      while (!client.waits && !client.backlog.empty()) {
        std::string bytes = client.backlog.front() + '\0';
        client.backlog.pop_front();
        client.waits = hub.received(id, bytes.data(), bytes.size() - 1, now()) == core::Flow::Wait;
      }
    }
    return any;
  }

  sign::Signer signer_{kMasterKey};
  core::ConnectionId next_id_{1};
  std::map<std::string, core::ConnectionId> ids_;
  std::map<core::ConnectionId, Client> clients_;
  std::vector<core::ConnectionId> resumed_;
  std::vector<Refusal> refusals_;
  std::int64_t passed_{5000};
  base::Millis set_by_{0};
  int nonces_{0};
  std::uint64_t version_{0};
};

}  // namespace kith::testing
