// SPDX-License-Identifier: Apache-2.0
#include "support/sim/device.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "protocol/kith/subprotocol.hpp"
#include "support/engine_texts.hpp"
#include "support/sim/server.hpp"

namespace kith::sim {
namespace {

constexpr Time kMonoStart = 500000;
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
    const auto elsewhere = [&](const std::vector<std::size_t>& hosted) {
      return &hosted != &plan.hosts[index] &&
             std::find(hosted.begin(), hosted.end(), peer) != hosted.end();
    };
    if (std::none_of(plan.hosts.begin(), plan.hosts.end(), elsewhere)) {
      replies_.add(peerName(peer));
    }
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
  reading_.clear();
  due_.clear();
  counting_.clear();
  finding_.clear();
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

// --- Socket --------------------------------------------------------------------------------------

void Device::linkUp(LinkId link) {
  if (life_ == nullptr || link != link_ || line_ != Line::Connecting) return;
  line_ = Line::Up;
  say("is connected");
  life_->engine.transportUp(now(), plan_.conversations);
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
  if (plan_.conversations && subprotocol::isCurrent({payload, size})) {
    const auto command = life_->command_decoder.decode(leancloud::Encoding::Json, {payload, size});
    if (command.ok()) return life_->engine.received(*command, now());
    ledger_.fail(Promise::NothingStuck,
                 name() + " cannot read a command: " + command.error().detail);
    return life_->engine.receivedGarbage(command.error(), now());
  }
  Result<avos::Frame> frame = life_->decoder.decode(payload, size);
  if (!frame.ok()) {
    ledger_.fail(Promise::NothingStuck, name() + " cannot read a frame: " + frame.error().detail);
    return life_->engine.receivedGarbage(frame.error(), now());
  }
  if (story_.aloud()) say("< " + test::frameText(*frame));
  checkOrder(*frame);
  life_->engine.received(*frame, now());
}

void Device::checkOrder(const avos::Frame& frame) {
  bool paged = false;
  if (const auto* direct = frame.as<avos::Direct>()) {
    const std::size_t number = Ledger::numberOf(direct->text);
    if (number >= ledger_.messages().size()) return;
    paged = (ledger_.messages()[number].paged & bitOf(peerOf(frame.peer()))) != 0;
  }
  const std::string early = replies_.received(frame, paged);
  if (early.empty()) return;
  ledger_.fail(Promise::Order, name() + " hears of " + early + " before the reply to that command");
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

void Device::enqueue(Own& face, Event event) {
  if (!std::holds_alternative<MessageReceived>(event)) return;
  face.strand.push_back({std::move(event), face.life});
  const auto index = static_cast<std::uint64_t>(&face - faces_.data());
  if (plan_.bug == Bug::ShownBeforeCallback && pocket_) {
    const auto& message = std::get<MessageReceived>(face.strand.back().event).message;
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
  const Message& message = std::get<MessageReceived>(item.event).message;
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
