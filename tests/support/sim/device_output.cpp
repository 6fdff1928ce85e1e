// SPDX-License-Identifier: Apache-2.0
// What the engine asks of a device, and what the device makes of its events.
#include <algorithm>
#include <utility>
#include <variant>

#include "support/engine_texts.hpp"
#include "support/sim/device.hpp"
#include "support/sim/server.hpp"

namespace kith::sim {
namespace {

constexpr Time kClosePatience = 2000;  // as src/net/client/client_socket_io.cpp

}  // namespace

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
  replies_.connected();
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

void Device::sendFrame(const avos::Frame& frame) {
  if (line_ != Line::Up) return;
  if (story_.aloud()) say("> " + test::frameText(frame));
  frame_.clear();
  life_->encoder.encode(frame, frame_);
  replies_.sent(frame);
  story_.mix(frame_.size());
  if (plan_.bug != Bug::None && spoiled(frame, frame_)) return;
  network_.write(link_, true, Frame::Text, frame_);
}

bool Device::spoiled(const avos::Frame& frame, std::string& bytes) {
  if (plan_.bug == Bug::ClientAcksDropped) {
    return frame.is<avos::Ack>() && dice_.chance(0.2);
  }
  const auto* open = frame.as<avos::SessionOpen>();
  if (plan_.bug == Bug::WatchDropped && open != nullptr && life_->engine.stats().connects > 1) {
    avos::Frame without = frame;
    without.body = avos::SessionOpen{{}, open->is_super, open->signature};
    bytes.clear();
    life_->encoder.encode(without, bytes);
  }
  if (plan_.bug == Bug::HalfOpenUnnoticed && frame.is<avos::Heartbeat>()) {
    time_.in<&Device::heartbeatAnswered>(5, *this, link_);
  }
  return false;
}

void Device::heartbeatAnswered(std::uint64_t link) {
  if (life_ == nullptr || line_ != Line::Up || link_ != link || sleeping()) return;
  life_->engine.received(avos::Frame{}, now());
  settle();
}

void Device::sendCommand(const leancloud::Command& command) {
  if (line_ != Line::Up) return;
  frame_.clear();
  life_->command_encoder.encode(command, leancloud::Encoding::Json, frame_);
  if (story_.aloud()) say("> " + frame_);
  story_.mix(frame_.size());
  network_.write(link_, true, Frame::Text, frame_);
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

void Device::done(engine::OpId op, engine::Outcome&& outcome) {
  if (story_.aloud() && op != 0) {
    say("op " + std::to_string(op) +
        " is done: " + (outcome.result.ok() ? "ok" : test::errorText(outcome.result.error())));
  }
  story_.mix(op);
  if (plan_.bug == Bug::CompletionLost && dice_.chance(0.01)) return;
  ledger_.done(op, outcome);
  if (plan_.bug == Bug::CompletionTwice && dice_.chance(0.01)) ledger_.done(op, outcome);
  watchDone(op, outcome);
  checkPage(op, outcome);
  checkCounts(op, outcome);
  checkFound(op, outcome);
  if (op == life_->closing && op != 0) life_->over = true;
}

void Device::notify(engine::SessionRef ref, Event&& event) {
  Own* face = find(ref);
  if (story_.aloud()) {
    say((face ? peerName(face->peer) : std::string("?")) + ": " + test::eventText(event));
  }
  if (face == nullptr || face->silent) {
    return ledger_.fail(
        Promise::SilentAfterClose,
        name() + ": an event for a session that is closed: " + test::eventText(event));
  }
  heard(*face, event);
  enqueue(*face, std::move(event));
}

/// What the world itself makes of an event.
void Device::heard(Own& face, const Event& event) {
  face.members.heard(event, face.peer);
  if (std::holds_alternative<SessionOpened>(event)) ++tally_[Count::Opened];
  if (std::holds_alternative<SessionResumed>(event)) ++tally_[Count::Resumed];
  if (const auto* sent = std::get_if<MessageSent>(&event)) {
    ledger_.ended(Ledger::numberOf(sent->message.text), nullptr, sent->receipt.message_id);
  }
  if (const auto* failed = std::get_if<MessageFailed>(&event)) {
    ledger_.ended(Ledger::numberOf(failed->message.text), &failed->error, {});
  }
  if (const auto* closed = std::get_if<SessionClosed>(&event)) {
    ++tally_[Count::Closed];
    face.silent = true;
    if (closed->cause && plan_.bug == Bug::None) {
      ledger_.fail(Promise::NothingStuck, name() + ": the session of " + peerName(face.peer) +
                                              " was ended: " + test::errorText(*closed->cause) +
                                              " " + closed->cause->detail);
    }
    face.wanted = false;
    if (const std::size_t left = ledger_.open(index_, life_number_, face.ref); left != 0) {
      ledger_.fail(Promise::CompletesOnce, name() + ": " + std::to_string(left) +
                                               " operations of " + peerName(face.peer) +
                                               " are open after its session closed");
    }
  }
}

}  // namespace kith::sim
