// SPDX-License-Identifier: Apache-2.0
#include "support/hub_world.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace kith::testing {

AppOptions testApp(bool require_signature) {
  AppOptions app;
  app.id = "testapp0001";
  app.master_key = kMasterKey;
  app.require_signature = require_signature;
  return app;
}

core::HubOptions testHub() { return testHub(testApp()); }
core::HubOptions testHub(AppOptions app) {
  core::HubOptions options;
  options.apps.push_back(std::move(app));
  return options;
}

HubWorld::HubWorld() : HubWorld(testHub()) {}
HubWorld::HubWorld(core::HubOptions options)
    : apps(options.apps),
      switches(options.switches),
      hub(std::move(options), *this, storage, random_) {}
HubWorld::~HubWorld() = default;

void HubWorld::setApps() { hub.setApps({apps, switches, ++version_}, now()); }
void HubWorld::setSwitches(const Switches& changed) {
  switches = changed;
  setApps();
}

// --- clients
// --------------------------------------------------------------------------------------

void HubWorld::connect(const std::string& name) { connect(name, dialect); }
void HubWorld::connect(const std::string& name, core::Dialect& speaks) {
  const auto id = next_id_++;
  ids_[name] = id;
  clients_[id] = {};
  hub.connected(id, speaks, now());
  settle();
}

void HubWorld::drop(const std::string& name) {
  const auto id = ids_.at(name);
  ids_.erase(name);
  hub.disconnected(id, now());
  clients_.erase(id);
  settle();
}

void HubWorld::send(const std::string& name, std::string_view frame) {
  feed(name, frame);
  settle();
}

void HubWorld::feed(const std::string& name, std::string_view frame) {
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

std::string HubWorld::open(const std::string& name, const std::string& peer,
                           const std::string& watch, const std::string& more) {
  send(name, R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":")" + peer +
                 R"(","sessionPeerIds":)" + watch + more + "}");
  const auto reply = take(name);
  INFO(reply);
  REQUIRE(textOf(reply, "op") == "opened");
  return reply;
}

std::string HubWorld::sessionSignature(const std::string& peer, std::vector<std::string_view> ids,
                                       const std::string& suffix) {
  const std::string nonce = "n" + std::to_string(++nonces_);
  const std::string time = std::to_string(seconds());
  return signed_(sign::sessionText("testapp0001", peer, ids, time, nonce, suffix), time, nonce);
}

std::string HubWorld::roomSignature(const std::string& peer, const std::string& group,
                                    std::vector<std::string_view> ids, const std::string& action) {
  const std::string nonce = "n" + std::to_string(++nonces_);
  const std::string time = std::to_string(seconds());
  return signed_(sign::groupText("testapp0001", peer, group, ids, time, nonce, action), time,
                 nonce);
}

std::string HubWorld::signed_(const std::string& text, const std::string& time,
                              const std::string& nonce) {
  return R"(,"s":")" + signer_.sign(text) + R"(","t":)" + time + R"(,"n":")" + nonce + "\"";
}

// --- what came out
// --------------------------------------------------------------------------------

std::deque<std::string>& HubWorld::frames(const std::string& name) {
  return clients_.at(ids_.at(name)).frames;
}

bool HubWorld::has(const std::string& name) { return ids_.contains(name) && !frames(name).empty(); }

std::string HubWorld::take(const std::string& name) {
  auto& waiting = frames(name);
  INFO("client " << name);
  if (waiting.empty()) FAIL("no frame for " << name);
  std::string frame = std::move(waiting.front());
  waiting.pop_front();
  return frame;
}

void HubWorld::expect(const std::string& name, const std::string& frame) {
  const std::string actual = take(name);
  INFO("client   " << name << "\nexpected " << frame << "\nactual   " << actual);
  CHECK(sameFrame(frame, actual));
}

void HubWorld::expectNothing(const std::string& name) {
  INFO("client " << name << (has(name) ? " got " + frames(name).front() : ""));
  CHECK(!has(name));
}

void HubWorld::expectClose(const std::string& name, int code, const std::string& reason) {
  const auto& closed = clients_.at(ids_.at(name)).closed;
  INFO("client " << name);
  REQUIRE(closed.has_value());
  CHECK(closed->code == code);
  CHECK(closed->reason == reason);
}

bool HubWorld::closed(const std::string& name) {
  return clients_.at(ids_.at(name)).closed.has_value();
}

HubWorld::Refusal HubWorld::takeRefusal() {
  REQUIRE(refusals_.size() == 1);
  Refusal refusal = refusals_.front();
  refusals_.clear();
  return refusal;
}

std::vector<std::string> HubWorld::takeAll(const std::string& name) {
  auto& waiting = frames(name);
  std::vector<std::string> all(waiting.begin(), waiting.end());
  waiting.clear();
  return all;
}

void HubWorld::forgetAll() {
  for (auto& [id, client] : clients_) client.frames.clear();
}

// --- time and storage
// -----------------------------------------------------------------------------

base::Instant HubWorld::now() const {
  return {base::Millis(passed_), base::Millis(kStartSeconds * 1000 + passed_) + set_by_};
}

void HubWorld::advance(base::Millis by) {
  const std::int64_t until = passed_ + by.count();
  while (hub.deadline() <= base::Millis(until)) {
    passed_ = std::max(passed_, static_cast<std::int64_t>(hub.deadline().count()));
    ++wakeups;
    hub.timeReached(now());
    settle();
  }
  passed_ = until;
}

void HubWorld::settle() {
  for (int quiet = 0; quiet < 2;) {
    hub.endTurn(now());
    hub.setNow(now());
    const bool answered = storage.drain(hub) > 0;
    const bool resumed = feedResumed();
    const bool drained = auto_drain && drainAll();
    quiet = answered || resumed || drained ? 0 : quiet + 1;
  }
}

void HubWorld::drained(const std::string& name) {
  clients_.at(ids_.at(name)).undrained = false;
  hub.drained(ids_.at(name), now());
  settle();
}

bool HubWorld::takeResumed(core::ConnectionId id) { return std::erase(resumed_, id) > 0; }

bool HubWorld::drainAll() {
  bool any = false;
  for (auto& [id, client] : clients_) {
    if (!std::exchange(client.undrained, false)) continue;
    any = true;
    hub.drained(id, now());
  }
  return any;
}

bool HubWorld::feedResumed() {
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

// --- core::Output
// ---------------------------------------------------------------------------------

void HubWorld::write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
                     core::FrameForm) {
  Client& client = clients_.at(to);
  if (client.closed) throw std::logic_error("a frame after the close");
  std::string frame;
  for (const auto part : parts) frame.append(part);
  client.frames.push_back(std::move(frame));
  client.undrained = true;
}

void HubWorld::close(core::ConnectionId id, std::uint16_t code, std::string_view reason) {
  Client& client = clients_.at(id);
  if (client.closed) throw std::logic_error("closed twice");
  client.closed = Closed{code, std::string(reason)};
}

void HubWorld::resume(core::ConnectionId id) { resumed_.push_back(id); }

void HubWorld::signatureRefused(const core::RefusedSignature& what) {
  refusals_.push_back({std::string(what.app_id), std::string(what.peer_id),
                       std::string(what.action), what.fault, what.beyond});
}

}  // namespace kith::testing
