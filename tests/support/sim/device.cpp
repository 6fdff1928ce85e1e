// SPDX-License-Identifier: Apache-2.0
#include "support/sim/device.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "support/engine_world.hpp"
#include "support/sim/server.hpp"

namespace kith::sim {
namespace {

constexpr Time kMonoStart = 500000;
constexpr Time kClosePatience = 2000;  // as src/net/link_io.cpp
constexpr int kMostSpins = 300;
constexpr std::uint64_t kFaces = 16;

int codeOf(const char* payload, std::size_t size) {
  if (size < 2) return 1005;
  return static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
}

}  // namespace

Device::Life::Life(Device& device, engine::EngineOptions options)
    : random(device.dice_.next()), engine(std::move(options), device, random) {}

Device::Device(std::size_t index, const Plan& plan, Timeline& time, Network& network,
               Ledger& ledger, Story& story, Tally& tally)
    : index_(index),
      plan_(plan),
      time_(time),
      network_(network),
      ledger_(ledger),
      story_(story),
      tally_(tally),
      dice_(plan.seed * 977 + index) {
  for (const std::size_t peer : plan.hosts[index]) {
    Own face;
    face.peer = peer;
    face.wanted = true;
    faces_.push_back(std::move(face));
  }
  if (plan.stores[index]) {
    PocketUser& user = *this;
    pocket_ = std::make_unique<Pocket>(index, plan, time, ledger, story, tally, user);
  }
}

base::Instant Device::now() const {
  const Time mono = kMonoStart + time_.now() + mono_ahead_;
  return {base::Millis(mono), base::Millis(kEpoch + time_.now() + wall_ahead_)};
}

engine::EngineOptions Device::options() const {
  engine::EngineOptions options;
  options.app_id = "app";
  if (!plan_.router) options.server = "ws://server";
  options.has_signer = plan_.signatures;
  options.has_store = pocket_ != nullptr;
  options.reconnect.first_delay = base::Millis(plan_.first_delay);
  options.reconnect.max_delay = base::Millis(plan_.max_delay);
  options.keepalive.interval = base::Millis(plan_.keepalive_interval);
  options.keepalive.deadline = base::Millis(plan_.keepalive_deadline);
  options.outbox.max_in_flight = plan_.max_in_flight;
  options.outbox.max_messages = plan_.max_messages;
  options.outbox.expiry = base::Millis(plan_.expiry);
  options.inbox.max_messages = plan_.inbox_messages;
  options.connect_timeout = base::Millis(plan_.connect_timeout);
  options.command_timeout = base::Millis(plan_.command_timeout);
  options.signature_timeout = base::Millis(plan_.signature_timeout);
  return options;
}

Actor Device::actor(const Own& face) const { return {index_, life_number_, face.ref, face.peer}; }

Device::Own* Device::find(engine::SessionRef ref) {
  for (Own& face : faces_) {
    if (face.ref == ref) return &face;
  }
  return nullptr;
}

// --- the process ---------------------------------------------------------------------------------

void Device::renew(Own& face) {
  face.ref = next_ref_++;
  face.strand.clear();
  face.told = 0;
  ++face.life;
  face.silent = true;
  Screen& screen = face.screen;
  screen.before.resize(std::max(screen.before.size(), screen.shown.size()));
  for (std::size_t i = 0; i < screen.shown.size(); ++i) {
    if (screen.shown[i]) screen.before[i] = true;
  }
  screen.shown.clear();
  screen.last.clear();
  screen.unread = false;
  screen.since = time_.now();
  screen.has_store = pocket_ != nullptr;
}

void Device::start() {
  if (life_ != nullptr) return;
  ++life_number_;
  say("starts");
  if (pocket_) ++tally_[Count::StoreRuns];
  armed_ = -1;
  life_ = std::make_unique<Life>(*this, options());
  for (std::size_t i = 0; i < faces_.size(); ++i) {
    renew(faces_[i]);
    life_->engine.addSession(faces_[i].ref, peerName(faces_[i].peer));
    if (!faces_[i].wanted) continue;
    faces_[i].wanted = false;
    open(i);
  }
  settle();
}

void Device::startAgain(std::uint64_t) {
  if (!unwilling_) start();
}

void Device::end() {
  ledger_.killed(index_, life_number_);
  tally_[Count::Duplicates] += life_->engine.stats().duplicates;
  life_.reset();
  questions_.clear();
  line_ = Line::None;
}

void Device::kill(bool quietly) {
  if (life_ == nullptr || sleeping()) return;
  say(quietly ? "loses its power" : "is killed");
  ++tally_[Count::Killed];
  if (line_ != Line::None) network_.clientDied(link_, quietly);
  if (pocket_) pocket_->crash();
  end();
  time_.in<&Device::startAgain>(dice_.between(10, 4000), *this);
}

void Device::quit() {
  if (life_ == nullptr || life_->closing != 0 || sleeping()) return;
  say("quits");
  ++tally_[Count::Quit];
  for (Own& face : faces_) reportNow(face);
  life_->closing = ledger_.begin(OpKind::CloseAll, {index_, life_number_, 0, 0});
  for (Own& face : faces_) ++face.life;
  life_->engine.closeAll(life_->closing, now());
  settle();
}

void Device::leave() {
  unwilling_ = true;
  quit();
}

void Device::sleep(Time duration, bool clock_stands) {
  if (life_ == nullptr || sleeping()) return;
  say((clock_stands ? "is suspended for " : "freezes for ") + std::to_string(duration) + " ms");
  ++tally_[clock_stands ? Count::Slept : Count::Frozen];
  slept_since_ = time_.now();
  clock_stands_ = clock_stands;
  asleep_until_ = time_.now() + duration;
  time_.at<&Device::awaken>(asleep_until_, *this, 0);
}

void Device::awaken(std::uint64_t) {
  if (slept_since_ < 0 || asleep_until_ > time_.now()) return;
  if (clock_stands_) mono_ahead_ -= time_.now() - slept_since_;
  slept_since_ = -1;
  say("wakes");
  armed_ = -1;
  if (life_ != nullptr) arm();
}

void Device::calm() {
  calm_ = true;
  unwilling_ = false;
  if (pocket_) pocket_->calm();
  if (sleeping()) {
    asleep_until_ = time_.now();
    awaken(0);
  }
  if (life_ == nullptr) start();
}

void Device::wantResumed() {
  if (life_ == nullptr || !std::exchange(life_->paused, false)) return;
  life_->engine.resume(now());
  settle();
}

// --- turns ---------------------------------------------------------------------------------------

void Device::settle() {
  if (life_ == nullptr) return;
  if (line_ != Line::None) network_.flush(link_, true);
  if (life_->over) {
    end();
    say("has ended");
    time_.in<&Device::startAgain>(dice_.between(10, 4000), *this);
    return;
  }
  arm();
}

void Device::arm() {
  const base::Millis deadline = life_->engine.deadline();
  if (deadline == base::kNever) {
    armed_ = -1;
    return;
  }
  if (deadline.count() == armed_) return;
  armed_ = deadline.count();
  const Time when = armed_ - kMonoStart - mono_ahead_;
  time_.at<&Device::wake>(when, *this, static_cast<std::uint64_t>(armed_));
}

void Device::wake(std::uint64_t armed_for) {
  if (life_ == nullptr || armed_ != static_cast<Time>(armed_for)) return;
  if (sleeping()) return;  // awaken() arms anew
  armed_ = -1;
  if (now().mono.count() < static_cast<Time>(armed_for)) return arm();
  if (plan_.bug == Bug::TimersIgnored) return;
  spins_ = spun_at_ == time_.now() ? spins_ + 1 : 0;
  spun_at_ = time_.now();
  if (spins_ > kMostSpins) {
    ledger_.fail(Promise::NothingStuck, name() + " spins: deadline() stays in the past");
    return;
  }
  life_->engine.timeReached(now());
  settle();
}

// --- engine::Output ------------------------------------------------------------------------------

void Device::fetchRoute() {
  Time delay = calm_ ? 5 : dice_.between(1, 200);
  if (!calm_ && dice_.chance(0.1)) delay = plan_.connect_timeout + 500;
  time_.in<&Device::routeLater>(delay, *this, life_number_);
}

void Device::routeLater(std::uint64_t life) {
  if (life_ == nullptr || life != life_number_) return;
  if (sleeping()) return time_.at<&Device::routeLater>(asleep_until_, *this, life);
  if (!calm_ && dice_.chance(plan_.router_failure)) {
    ++tally_[Count::RouterFailed];
    life_->engine.routeAnswered(Error{Errc::RouterFailed, 0, "503", false}, now());
  } else {
    base::Route route;
    route.server = "ws://server";
    route.ttl = base::Millis(60000);
    life_->engine.routeAnswered(route, now());
  }
  settle();
}

void Device::connect(const std::string&) {
  if (line_ != Line::None) network_.release(link_, true);
  line_ = Line::Connecting;
  close_code_ = 0;
  link_ = network_.connect(*this, index_);
  if (story_.aloud()) say("connects: link " + std::to_string(link_));
}

void Device::disconnect(std::uint16_t code, std::string_view) {
  if (line_ == Line::Up) {
    const std::string text{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    network_.write(link_, true, Frame::Close, text);
    line_ = Line::Closing;
    time_.in<&Device::closedLater>(kClosePatience, *this, link_);
  } else if (line_ == Line::Connecting) {
    line_ = Line::Closing;
    time_.in<&Device::closedLater>(0, *this, link_);
  }
}

void Device::closedLater(std::uint64_t link) {
  if (line_ != Line::Closing || link_ != link || life_ == nullptr) return;
  if (sleeping()) return time_.at<&Device::closedLater>(asleep_until_, *this, link);
  network_.release(link_, true);
  linkDown(link_);
}

void Device::abandon() {
  if (line_ == Line::None) return;
  if (story_.aloud()) say("abandons link " + std::to_string(link_));
  network_.release(link_, true);
  line_ = Line::None;
}

void Device::sendFrame(const wire::Command& command) {
  if (line_ != Line::Up) return;
  if (story_.aloud()) say("> " + test::commandText(command));
  frame_.clear();
  life_->encoder.encode(command, frame_);
  story_.mix(frame_.size());
  if (plan_.bug != Bug::None && spoiled(command, frame_)) return;
  network_.write(link_, true, Frame::Text, frame_);
}

bool Device::spoiled(const wire::Command& command, std::string& frame) {
  if (plan_.bug == Bug::ClientAcksDropped) {
    return command.cmd == wire::Cmd::Ack && dice_.chance(0.2);
  }
  if (plan_.bug == Bug::WatchDropped && command.op == wire::Op::Open &&
      life_->engine.stats().connects > 1) {
    wire::Command open = command;
    open.set(wire::Field::SessionPeerIds, &wire::Command::session_peer_ids, wire::IdList());
    frame.clear();
    life_->encoder.encode(open, frame);
  }
  if (plan_.bug == Bug::HalfOpenUnnoticed && command.cmd == wire::Cmd::Heartbeat) {
    time_.in<&Device::heartbeatAnswered>(5, *this, link_);
  }
  return false;
}

void Device::heartbeatAnswered(std::uint64_t link) {
  if (life_ == nullptr || line_ != Line::Up || link_ != link || sleeping()) return;
  life_->engine.received(wire::Command{}, now());
  settle();
}

void Device::sendPing() {
  if (line_ == Line::Up) network_.write(link_, true, Frame::Ping, std::string_view());
}

void Device::requestSignature(engine::SignatureId id, const SignatureRequest& request) {
  questions_[id] = request;
  Time delay = calm_ ? 2 : dice_.between(0, 80);
  if (!calm_ && dice_.chance(plan_.signer_late)) {
    ++tally_[Count::SignerLate];
    delay = dice_.between(500, 2 * plan_.signature_timeout);
  }
  time_.in<&Device::signLater>(delay, *this, (life_number_ << 32) | id);
}

void Device::signLater(std::uint64_t life_and_id) {
  if (life_ == nullptr || life_and_id >> 32 != life_number_) return;
  if (sleeping()) return time_.at<&Device::signLater>(asleep_until_, *this, life_and_id);
  const auto id = static_cast<engine::SignatureId>(life_and_id & 0xffffffffu);
  const auto found = questions_.find(id);
  if (found == questions_.end()) return;
  const SignatureRequest request = std::move(found->second);
  questions_.erase(found);
  life_->engine.signatureReady(id, sign(request), now());
  settle();
}

Result<Signature> Device::sign(const SignatureRequest& request) {
  if (!calm_ && dice_.chance(plan_.signer_busy)) {
    ++tally_[Count::SignerBusy];
    return Error{Errc::ServerBusy, 503, "the signer is busy", false};
  }
  static constexpr const char* kActions[] = {"", "", "join", "invite", "kick"};
  Signature signature;
  // The signing server has a clock of its own, and a right one.
  signature.timestamp = (kEpoch + time_.now()) / 1000;
  signature.nonce = "n" + std::to_string(index_) + "-" + std::to_string(++nonces_);
  signature.signed_peer_ids = request.peer_ids;
  const std::vector<std::string_view> ids(request.peer_ids.begin(), request.peer_ids.end());
  const std::string time = std::to_string(signature.timestamp);
  const bool session =
      request.action == SignedAction::Open || request.action == SignedAction::Watch;
  signature.signature = signer_.sign(
      session ? sign::sessionText("app", request.peer_id, ids, time, signature.nonce)
              : sign::groupText("app", request.peer_id, request.group_id, ids, time,
                                signature.nonce, kActions[static_cast<int>(request.action)]));
  return signature;
}

void Device::load(engine::SessionRef session, const std::string& peer_id) {
  if (pocket_) pocket_->load(session, peer_id);
}

void Device::keep(const std::string& peer_id, StoreChange change) {
  if (pocket_) pocket_->keep(peer_id, std::move(change));
}

void Device::pocketLoaded(engine::SessionRef session, Result<StoredPeer> peer) {
  if (life_ == nullptr) return;
  life_->engine.loaded(session, std::move(peer), now());
  settle();
}

void Device::pocketKept(std::size_t count, Result<void> result) {
  if (life_ == nullptr) return;
  life_->engine.kept(count, std::move(result), now());
  settle();
}

void Device::pocketMissed(const std::string& peer, std::size_t message) {
  for (Own& face : faces_) {
    if (peerName(face.peer) != peer) continue;
    face.screen.missed.resize(std::max(face.screen.missed.size(), message + 1));
    face.screen.missed[message] = true;
  }
}

void Device::pocketUnread(const std::string& peer) {
  for (Own& face : faces_) {
    if (peerName(face.peer) == peer) face.screen.unread = true;
  }
}

void Device::pocketNoted(const std::string& peer, std::size_t message) {
  for (Own& face : faces_) {
    if (peerName(face.peer) != peer) continue;
    // A store may hear of it before the callback only by a planted bug.
    std::vector<bool>& noted = face.screen.noted;
    noted.resize(std::max(noted.size(), message + 1));
    noted[message] = true;
  }
}

void Device::done(engine::OpId op, engine::Outcome outcome) {
  if (story_.aloud() && op != 0) {
    say("op " + std::to_string(op) +
        " is done: " + (outcome.result.ok() ? "ok" : test::errorText(outcome.result.error())));
  }
  story_.mix(op);
  if (plan_.bug == Bug::CompletionLost && dice_.chance(0.01)) return;
  ledger_.done(op, outcome);
  if (plan_.bug == Bug::CompletionTwice && dice_.chance(0.01)) ledger_.done(op, outcome);
  watchDone(op, outcome);
  if (op == life_->closing && op != 0) life_->over = true;
}

void Device::notify(engine::SessionRef ref, engine::SessionEvent event) {
  Own* face = find(ref);
  if (story_.aloud()) {
    say((face ? peerName(face->peer) : std::string("?")) + ": " +
        std::visit(test::EventText{}, event));
  }
  if (face == nullptr || face->silent) {
    return ledger_.fail(Promise::SilentAfterClose, name() +
                                                       ": an event for a session that is closed: " +
                                                       std::visit(test::EventText{}, event));
  }
  heard(*face, event);
  enqueue(*face, std::move(event));
}

/// What the world itself makes of an event.
void Device::heard(Own& face, const engine::SessionEvent& event) {
  if (std::holds_alternative<engine::Opened>(event)) ++tally_[Count::Opened];
  if (std::holds_alternative<engine::Resumed>(event)) ++tally_[Count::Resumed];
  if (const auto* sent = std::get_if<engine::SendDone>(&event)) {
    ledger_.ended(Ledger::numberOf(sent->message.text), nullptr, sent->receipt.message_id);
  }
  if (const auto* failed = std::get_if<engine::SendFailed>(&event)) {
    ledger_.ended(Ledger::numberOf(failed->message.text), &failed->error, {});
  }
  if (const auto* closed = std::get_if<engine::Closed>(&event)) {
    ++tally_[Count::Closed];
    face.silent = true;
    if (closed->event.cause && plan_.bug == Bug::None) {
      ledger_.fail(Promise::NothingStuck,
                   name() + ": the session of " + peerName(face.peer) + " was ended: " +
                       test::errorText(*closed->event.cause) + " " + closed->event.cause->detail);
    }
    face.wanted = false;
    if (const std::size_t left = ledger_.open(index_, life_number_, face.ref); left != 0) {
      ledger_.fail(Promise::CompletesOnce, name() + ": " + std::to_string(left) +
                                               " operations of " + peerName(face.peer) +
                                               " are open after its session closed");
    }
  }
}

// --- Socket --------------------------------------------------------------------------------------

void Device::linkUp(LinkId link) {
  if (life_ == nullptr || link != link_ || line_ != Line::Connecting) return;
  line_ = Line::Up;
  say("is connected");
  life_->engine.transportUp(now());
  settle();
}

void Device::linkFrame(LinkId link, Frame kind, char* payload, std::size_t size) {
  if (life_ == nullptr || link != link_ || line_ == Line::None) return;
  if (kind == Frame::Close) {
    close_code_ = codeOf(payload, size);
    if (line_ == Line::Up) {
      network_.write(link_, true, Frame::Close, std::string_view(payload, size));
      network_.flush(link_, true);
    }
    const bool ours = line_ == Line::Closing;
    line_ = Line::Closing;
    time_.in<&Device::closedLater>(ours ? 0 : dice_.between(0, 30), *this, link_);
    return;
  }
  if (line_ != Line::Up) return;
  if (kind == Frame::Ping) return network_.write(link_, true, Frame::Pong, std::string_view());
  if (kind == Frame::Pong) return life_->engine.heard(now());
  story_.mix(size);
  Result<wire::Command> command = life_->decoder.decode(payload, size);
  if (!command.ok()) {
    ledger_.fail(Promise::NothingStuck,
                 name() + " can not read a frame: " + command.error().detail);
    return life_->engine.receivedGarbage(command.error(), now());
  }
  if (story_.aloud()) say("< " + test::commandText(*command));
  life_->engine.received(*command, now());
}

void Device::linkTurn(LinkId link) {
  if (life_ != nullptr && link == link_) settle();
}

void Device::linkDown(LinkId link) {
  if (life_ == nullptr || link != link_ || line_ == Line::None) return;
  if (story_.aloud()) {
    say("link " + std::to_string(link) + " is down, code " + std::to_string(close_code_));
  }
  line_ = Line::None;
  life_->engine.transportDown(close_code_, Error{Errc::NetworkDown, 0, "the link is down", false},
                              now());
  settle();
}

// --- the strand ----------------------------------------------------------------------------------

void Device::enqueue(Own& face, engine::SessionEvent event) {
  if (!std::holds_alternative<engine::Incoming>(event)) return;
  face.strand.push_back({std::move(event), face.life});
  const auto index = static_cast<std::uint64_t>(&face - faces_.data());
  if (plan_.bug == Bug::ShownBeforeCallback && pocket_) {
    const auto& message = std::get<engine::Incoming>(face.strand.back().event).message;
    pocket_->keep(peerName(face.peer), store_change::Shown{{message.id}}, true);
  }
  if (plan_.bug == Bug::AckBeforeCallback) {
    ++face.told;
    time_.in<&Device::report>(0, *this, life_number_ * kFaces + index);
  }
  if (std::exchange(face.running, true)) return;
  time_.in<&Device::slice>(calm_ ? 1 : dice_.between(0, plan_.callback_high), *this, index);
}

void Device::slice(std::uint64_t index) {
  Own& face = faces_[index];
  if (sleeping()) return time_.at<&Device::slice>(asleep_until_, *this, index);
  face.running = false;
  if (life_ == nullptr) return;
  for (std::size_t left = calm_ ? 100 : 1 + dice_.below(8); left > 0 && !face.strand.empty();
       --left) {
    Own::Item item = std::move(face.strand.front());
    face.strand.pop_front();
    runItem(face, item);
  }
  if (face.told > 0) {
    time_.in<&Device::report>(calm_ ? 0 : dice_.between(0, 10), *this,
                              life_number_ * kFaces + index);
  }
  if (face.strand.empty()) return;
  face.running = true;
  time_.in<&Device::slice>(calm_ ? 1 : dice_.between(0, plan_.callback_high), *this, index);
}

void Device::runItem(Own& face, Own::Item& item) {
  if (item.life != face.life) return;  // of a life that is over
  const Message& message = std::get<engine::Incoming>(item.event).message;
  if (story_.aloud()) {
    say(peerName(face.peer) + " sees m" + std::to_string(Ledger::numberOf(message.text)));
  }
  if (plan_.bug != Bug::AckBeforeCallback) ++face.told;
  ledger_.shown(actor(face), face.screen, message);
}

void Device::report(std::uint64_t life_and_face) {
  if (life_ == nullptr || life_and_face / kFaces != life_number_) return;
  if (sleeping()) return time_.at<&Device::report>(asleep_until_, *this, life_and_face);
  Own& face = faces_[life_and_face % kFaces];
  if (face.told == 0) return;
  reportNow(face);
  settle();
}

/// As closeHere(): what was shown so far is counted before anything else happens.
void Device::reportNow(Own& face) {
  if (face.told == 0 || life_ == nullptr) return;
  life_->engine.delivered(face.ref, std::exchange(face.told, 0), now());
}

// --- looking in ----------------------------------------------------------------------------------

SessionState Device::state(std::size_t face) const {
  return life_ ? life_->engine.state(faces_[face].ref) : SessionState::Closed;
}

Peers Device::watched(std::size_t face) const {
  Peers peers = 0;
  if (!life_) return peers;
  for (const auto& peer : life_->engine.watched(faces_[face].ref)) peers |= bitOf(peerOf(peer));
  return peers;
}

Peers Device::online(std::size_t face) const {
  Peers peers = 0;
  if (!life_) return peers;
  for (const auto& peer : life_->engine.online(faces_[face].ref)) peers |= bitOf(peerOf(peer));
  return peers;
}

std::string Device::unrest() const {
  if (life_ == nullptr) return name() + " is not running";
  if (pocket_ && !pocket_->idle()) return name() + ": its store has work";
  for (const Own& face : faces_) {
    const std::string who = name() + ": the session of " + peerName(face.peer);
    const SessionState state = life_->engine.state(face.ref);
    if (face.wanted && state != SessionState::Open) return who + " is wanted and not open";
    if (!face.wanted && state == SessionState::Open) return who + " is open and not wanted";
    if (!face.strand.empty() || face.told > 0) return who + " has messages to show";
    if (life_->engine.bufferedBytes(face.ref) != 0) return who + " has messages to send";
    if (!pocket_ || !face.wanted) continue;
    if (const std::string left = pocket_->leftOf(peerName(face.peer)); !left.empty()) {
      return who + ": " + left;
    }
  }
  return {};
}

}  // namespace kith::sim
