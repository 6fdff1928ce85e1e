// SPDX-License-Identifier: Apache-2.0
#include "support/sim/server.hpp"

#include <algorithm>
#include <utility>

#include "base/close_codes.hpp"

namespace kith::sim {
namespace {

constexpr Time kCloseTime = 2000;  // as src/net/epoll_listener.cpp
constexpr Time kStopGrace = 3000;
constexpr std::size_t kOutputBytes = 64 * 1024;  // small, so that a slow reader meets it
constexpr int kRounds = 64;

}  // namespace

Server::Server(const Plan& plan, Timeline& time, Network& network, Ledger& ledger, Story& story,
               Tally& tally)
    : plan_(plan),
      time_(time),
      network_(network),
      ledger_(ledger),
      story_(story),
      tally_(tally),
      dice_(plan.seed ^ 0x5e2),
      disk_(plan, time, ledger, story, tally, *this),
      random_(plan.seed ^ 0x4b1d) {}

base::Instant Server::now() const {
  return {base::Millis(time_.now() + 100000), base::Millis(kEpoch + time_.now() + wall_ahead_)};
}

core::HubOptions Server::options() const {
  AppOptions app;
  app.id = "app";
  app.master_key = kMasterKey;
  app.require_signature = plan_.signatures;
  app.require_watch = plan_.require_watch ? RequireWatch::On : RequireWatch::Off;
  app.offline_messages = plan_.offline_messages;
  app.offline_grace = base::Millis(plan_.offline_grace);
  core::HubOptions options;
  options.apps.push_back(std::move(app));
  options.idle_timeout = base::Millis(plan_.idle_timeout);
  options.login_timeout = base::Millis(plan_.login_timeout);
  return options;
}

void Server::start() {
  story_.tell("server", "starts");
  ++generation_;
  turn_at_ = -1;
  woken_ = false;
  phase_ = Phase::Serving;
  core::Output& output = *this;
  hub_ = std::make_unique<core::Hub>(options(), output, disk_, random_);
  hub_->setNow(now());
  network_.listen(this);
  soon(0);
}

void Server::startAgain(std::uint64_t) {
  if (phase_ == Phase::Stopped) start();
}

void Server::crash(bool quietly) {
  if (phase_ == Phase::Stopped) return;
  story_.tell("server", quietly ? "loses its power" : "crashes");
  ++tally_[Count::ServerCrash];
  network_.serverDied(quietly);
  disk_.crash();
  hub_.reset();
  lines_.clear();
  link_of_.clear();
  free_.clear();
  resumed_.clear();
  written_.clear();
  held_back_.clear();
  held_.clear();
  phase_ = Phase::Stopped;
  ++generation_;
  time_.in<&Server::startAgain>(dice_.between(50, 3000), *this);
}

void Server::restart() {
  if (phase_ != Phase::Serving) return;
  story_.tell("server", "is asked to stop");
  ++tally_[Count::ServerRestart];
  phase_ = Phase::Draining;
  stop_at_ = time_.now() + kStopGrace;
  soon(0);
}

void Server::advanceStop() {
  if (disk_.outstanding() > 0 && time_.now() < stop_at_) return soon(20);
  disk_.close();
  disk_.drain(*hub_);
  hub_->endTurn(now());
  release();
  for (auto& [link, line] : lines_) {
    if (std::exchange(line.closing, true)) continue;
    const std::string code{static_cast<char>(1001 >> 8), static_cast<char>(1001 & 0xff)};
    network_.write(link, false, Frame::Close, code);
    network_.flush(link, false);
  }
  story_.tell("server", "stops");
  // The listener's end tells the hub of every connection; then the process is gone.
  std::vector<LinkId> links;
  for (const auto& [link, line] : lines_) links.push_back(link);
  for (const LinkId link : links) {
    network_.release(link, false);
    forget(link);
  }
  network_.listen(nullptr);
  hub_.reset();
  disk_.crash();
  lines_.clear();
  link_of_.clear();
  free_.clear();
  resumed_.clear();
  written_.clear();
  phase_ = Phase::Stopped;
  ++generation_;
  time_.in<&Server::startAgain>(dice_.between(50, 2000), *this);
}

void Server::calm() {
  calm_ = true;
  disk_.calm();
  if (phase_ == Phase::Stopped) start();
}

// --- turns ---------------------------------------------------------------------------------------

void Server::soon(Time delay) {
  const Time when = time_.now() + delay;
  if (turn_at_ >= 0 && turn_at_ <= when) return;
  turn_at_ = when;
  time_.at<&Server::turn>(when, *this, generation_);
}

void Server::turn(std::uint64_t generation) {
  if (generation != generation_ || hub_ == nullptr) return;
  if (turn_at_ > time_.now()) return;  // an older, later wish
  turn_at_ = -1;
  hub_->setNow(now());
  int rounds = 0;
  while (step() && ++rounds < kRounds) {
  }
  if (phase_ == Phase::Draining) advanceStop();
  if (hub_ == nullptr) return;
  if (rounds == kRounds) return soon(0);
  const base::Millis deadline = hub_->deadline();
  if (deadline != base::kNever) soon(std::max<Time>(deadline.count() - now().mono.count(), 0));
}

bool Server::step() {
  if (std::exchange(woken_, false)) disk_.drain(*hub_);
  feedResumed();
  if (hub_->deadline() <= now().mono) hub_->timeReached(now());
  hub_->endTurn(now());
  const bool flushed = flush();
  return !flushed || !resumed_.empty() || woken_;
}

void Server::diskReady() {
  woken_ = true;
  soon(0);
}

void Server::answering(const AskBook::Due& due) {
  const auto line = lines_.find(static_cast<LinkId>(due.asker));
  if (line != lines_.end()) frames_before_ = line->second.frames;
}

void Server::answered(const AskBook::Due& due) {
  const auto line = lines_.find(static_cast<LinkId>(due.asker));
  if (!due.reply || line == lines_.end() || line->second.closing) return;
  if (line->second.frames > frames_before_) return;
  ledger_.fail(Promise::NothingStuck, "the storage has answered the first request of link " +
                                          std::to_string(due.asker) + ", and no reply left");
}

/// Hands what was written to the network. False: the hub was told that something left.
bool Server::flush() {
  release();
  std::vector<LinkId> written;
  written.swap(written_);
  bool told = false;
  for (const LinkId link : written) {
    const auto found = lines_.find(link);
    if (found == lines_.end()) continue;
    Line& line = found->second;
    line.written = false;
    if (!network_.flush(link, false)) continue;
    line.buffered = 0;
    if (line.closing || !std::exchange(line.undrained, false)) continue;
    told = true;
    hub_->drained(line.id, now());
  }
  return !told;
}

void Server::linkDrained(LinkId link) {
  const auto found = lines_.find(link);
  if (found == lines_.end()) return;
  found->second.buffered = 0;
  if (!found->second.closing && std::exchange(found->second.undrained, false)) {
    hub_->drained(found->second.id, now());
  }
  soon(0);
}

// --- the hub's wishes ----------------------------------------------------------------------------

void Server::write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
                   core::FrameForm) {
  const LinkId link = link_of_[to];
  const auto found = lines_.find(link);
  if (found == lines_.end()) return;  // Bug::DisconnectNotTold
  Line& line = found->second;
  if (line.closing) return;
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  if (line.buffered + size > kOutputBytes) {
    return close(to, 1013, "TRY_AGAIN_LATER");
  }
  line.buffered += size;
  ++line.frames;
  line.undrained = true;
  if (!std::exchange(line.written, true)) written_.push_back(link);
  if (plan_.bug == Bug::None) return network_.write(link, false, Frame::Text, parts);
  joined_.clear();
  for (const auto part : parts) joined_.append(part);
  if (!spoiled(link, joined_)) network_.write(link, false, Frame::Text, joined_);
}

void Server::close(core::ConnectionId connection, std::uint16_t code, std::string_view) {
  const LinkId link = link_of_[connection];
  const auto found = lines_.find(link);
  if (found == lines_.end() || found->second.closing) return;
  Line& line = found->second;
  release();
  if (story_.aloud()) {
    story_.tell("server", "closes link " + std::to_string(link) + " with " + std::to_string(code));
  }
  line.closing = true;
  const std::string text{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  network_.write(link, false, Frame::Close, text);
  if (!std::exchange(line.written, true)) written_.push_back(link);
  time_.in<&Server::closeTimeout>(kCloseTime, *this, link);
}

void Server::closeTimeout(std::uint64_t link) {
  const auto found = lines_.find(static_cast<LinkId>(link));
  if (found == lines_.end() || !found->second.closing) return;
  network_.release(static_cast<LinkId>(link), false);
  forget(static_cast<LinkId>(link));
}

void Server::resume(core::ConnectionId connection) {
  if (plan_.bug == Bug::ResumeNotTold) return;
  resumed_.push_back(link_of_[connection]);
}

void Server::feedResumed() {
  while (!resumed_.empty()) {
    const std::vector<LinkId> feeding = std::exchange(resumed_, {});
    for (const LinkId link : feeding) {
      const auto found = lines_.find(link);
      if (found != lines_.end()) feedBacklog(link, found->second);
    }
  }
}

void Server::feedBacklog(LinkId link, Line& line) {
  line.waits = false;
  while (line.backlog_at < line.backlog.size()) {
    std::string& frame = line.backlog[line.backlog_at++];
    const std::size_t size = frame.size();
    frame.push_back('\0');
    disk_.setAsker(link);
    line.waits = hub_->received(line.id, frame.data(), size, now()) == core::Flow::Wait;
    disk_.setAsker(0);
    if (line.waits) return;
  }
  line.backlog.clear();
  line.backlog_at = 0;
}

// --- the network's news --------------------------------------------------------------------------

void Server::linkUp(LinkId link) {
  Line& line = lines_[link];
  if (free_.empty()) {
    line.id = static_cast<core::ConnectionId>(link_of_.size());
    link_of_.push_back(link);
  } else {
    line.id = free_.back();
    free_.pop_back();
    link_of_[line.id] = link;
  }
  if (plan_.conversations) {
    hub_->connected(line.id, kith_, now());
  } else {
    hub_->connected(line.id, v1_, now());
  }
  soon(0);
}

void Server::linkFrame(LinkId link, Frame kind, char* payload, std::size_t size) {
  const auto found = lines_.find(link);
  if (found == lines_.end()) return;
  Line& line = found->second;
  switch (kind) {
    case Frame::Text:
      if (phase_ == Phase::Serving) receive(link, line, payload, size);
      break;
    case Frame::Ping:
      hub_->heard(line.id, now());
      network_.write(link, false, Frame::Pong, std::string_view());
      if (!std::exchange(line.written, true)) written_.push_back(link);
      break;
    case Frame::Pong: hub_->heard(line.id, now()); break;
    case Frame::Close:
      if (!line.closing) network_.write(link, false, Frame::Close, std::string_view(payload, size));
      network_.release(link, false);
      forget(link);
      break;
  }
  // What arrives close together is one turn.
  soon(calm_ ? 0 : dice_.between(0, 1));
}

void Server::receive(LinkId link, Line& line, char* frame, std::size_t size) {
  if (line.waits) {
    line.backlog.emplace_back(frame, size);
    return;
  }
  disk_.setAsker(link);
  line.waits = hub_->received(line.id, frame, size, now()) == core::Flow::Wait;
  disk_.setAsker(0);
}

void Server::linkDown(LinkId link) { forget(link); }

void Server::forget(LinkId link) {
  const auto found = lines_.find(link);
  if (found == lines_.end()) return;
  const core::ConnectionId id = found->second.id;
  lines_.erase(found);
  std::erase(resumed_, link);
  if (plan_.bug == Bug::DisconnectNotTold) {
    // The number is used no more, so the hub's connection dies of silence alone.
    return;
  }
  hub_->disconnected(id, now());
  free_.push_back(id);
  soon(0);
}

bool Server::idle() const { return whyNotIdle().empty(); }

std::string Server::whyNotIdle() const {
  if (!disk_.idle()) return "the storage has work";
  if (disk_.outstanding() != 0) return "the storage owes answers";
  for (const auto& [link, line] : lines_) {
    if (line.waits || !line.backlog.empty()) return "link " + std::to_string(link) + " is held";
    if (line.undrained) return "link " + std::to_string(link) + " has not drained";
  }
  return {};
}

}  // namespace kith::sim
