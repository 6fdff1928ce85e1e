// SPDX-License-Identifier: Apache-2.0
#include "support/sim/network.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kith::sim {
namespace {

constexpr std::size_t kHead = 5;  // length and kind

std::uint64_t both(LinkId id, bool to_server) { return std::uint64_t{id} * 2 + to_server; }

std::string linkName(LinkId id) { return "link " + std::to_string(id); }

}  // namespace

Network::Network(const Plan& plan, Timeline& time, Story& story, Tally& tally)
    : plan_(plan), time_(time), story_(story), tally_(tally), dice_(plan.seed ^ 0x4e7) {}

LinkId Network::connect(Socket& client, std::size_t device) {
  const auto id = static_cast<LinkId>(links_.size());
  links_.push_back(std::make_unique<Link>());
  Link& link = *links_.back();
  link.client = &client;
  link.device = device;
  if (!calm_ && dice_.chance(plan_.hang)) {
    ++tally_[Count::Hanging];
    return id;  // it is never answered
  }
  const bool refused = server_ == nullptr || (!calm_ && dice_.chance(plan_.refuse));
  if (refused) {
    ++tally_[Count::Refused];
    time_.in<&Network::refused>(delay(), *this, id);
  } else {
    time_.in<&Network::accept>(delay(), *this, id);
  }
  return id;
}

void Network::refused(std::uint64_t id) { tellEnd(static_cast<LinkId>(id), false); }

void Network::accept(std::uint64_t id) {
  Link* link = find(static_cast<LinkId>(id));
  if (link == nullptr || link->client == nullptr) return;
  if (server_ == nullptr) return refused(id);
  link->server = link->was_accepted = true;
  ++tally_[Count::Connected];
  server_->linkUp(static_cast<LinkId>(id));
  link->down.last = time_.now() + delay();
  time_.at<&Network::established>(link->down.last, *this, id);
}

void Network::established(std::uint64_t id) {
  Link* link = find(static_cast<LinkId>(id));
  if (link == nullptr || link->client == nullptr || link->cut || link->down.deaf) return;
  const Time asleep = link->client->linkAsleepUntil();
  if (asleep > time_.now()) return time_.at<&Network::established>(asleep, *this, id);
  link->client->linkUp(static_cast<LinkId>(id));
}

// --- bytes ---------------------------------------------------------------------------------------

void Network::write(LinkId id, bool to_server, Frame kind, std::string_view payload) {
  write(id, to_server, kind, {payload});
}

void Network::write(LinkId id, bool to_server, Frame kind,
                    std::initializer_list<std::string_view> payload) {
  Link* link = find(id);
  if (link == nullptr) return;
  Stream& stream = link->stream(to_server);
  if (stream.ended || stream.deaf) return;
  std::uint32_t size = 0;
  for (const auto part : payload) size += static_cast<std::uint32_t>(part.size());
  char head[kHead];
  std::memcpy(head, &size, sizeof size);
  head[4] = static_cast<char>(kind);
  stream.bytes.append(head, kHead);
  for (const auto part : payload) stream.bytes.append(part);
  stream.unsent += kHead + size;
}

bool Network::flush(LinkId id, bool to_server) {
  Link* link = find(id);
  if (link == nullptr) return true;
  Stream& stream = link->stream(to_server);
  if (stream.unsent == 0) return true;
  if (!to_server && link->held_until > time_.now()) return false;
  const bool heard = to_server ? link->server : link->client != nullptr;
  if (!heard) {
    // The other end is gone: the first bytes that reach the other end bring that news back.
    if (!stream.ended && !stream.deaf)
      time_.in<&Network::over>(2 * delay(), *this, both(id, !to_server));
    stream.ended = true;
    stream.bytes.resize(stream.bytes.size() - std::exchange(stream.unsent, 0));
    return true;
  }
  stream.last = std::max(stream.last, time_.now() + delay());
  stream.pieces.push_back({stream.last, std::exchange(stream.unsent, 0)});
  time_.at<&Network::arrive>(stream.last, *this, both(id, to_server));
  return true;
}

void Network::arrive(std::uint64_t id_and_side) {
  const auto id = static_cast<LinkId>(id_and_side / 2);
  const bool to_server = id_and_side % 2 != 0;
  Link* link = find(id);
  if (link == nullptr) return;
  Stream& stream = link->stream(to_server);
  if (stream.pieces.empty() || stream.deaf) return;
  Socket* reader = to_server ? (link->server ? server_ : nullptr) : link->client;
  if (reader == nullptr) return;
  if (const Time asleep = reader->linkAsleepUntil(); asleep > time_.now()) {
    return time_.at<&Network::arrive>(asleep, *this, id_and_side);
  }
  stream.arrived += stream.pieces.front().size;
  stream.pieces.pop_front();
  tellFrames(id, to_server);
}

/// The reader of this stream now; what is told may end the connection.
Socket* Network::readerOf(LinkId id, bool to_server) {
  Link* link = find(id);
  if (link == nullptr || link->stream(to_server).deaf) return nullptr;
  if (!to_server) return link->client;
  return link->server ? server_ : nullptr;
}

void Network::tellFrames(LinkId id, bool to_server) {
  while (Socket* reader = readerOf(id, to_server)) {
    Stream& stream = find(id)->stream(to_server);
    std::uint32_t size = 0;
    if (stream.arrived - stream.taken >= kHead) {
      std::memcpy(&size, stream.bytes.data() + stream.taken, sizeof size);
    }
    if (stream.arrived - stream.taken < kHead + size) {
      if (stream.taken == stream.bytes.size()) {
        stream.bytes.clear();
        stream.taken = stream.arrived = 0;
      }
      return reader->linkTurn(id);
    }
    const auto kind = static_cast<Frame>(stream.bytes[stream.taken + 4]);
    scratch_.assign(stream.bytes, stream.taken + kHead, size);
    scratch_.push_back('\0');
    stream.taken += kHead + size;
    reader->linkFrame(id, kind, scratch_.data(), size);
  }
}

// --- ends ----------------------------------------------------------------------------------------

void Network::over(std::uint64_t id_and_side) {
  const auto id = static_cast<LinkId>(id_and_side / 2);
  const bool to_server = id_and_side % 2 != 0;
  Link* link = find(id);
  if (link == nullptr) return;
  Stream& stream = link->stream(to_server);
  if (stream.deaf) return;
  if (!stream.pieces.empty()) {
    return time_.in<&Network::over>(1, *this, id_and_side);
  }
  tellEnd(id, to_server);
}

void Network::tellEnd(LinkId id, bool to_server) {
  Link* link = find(id);
  if (link == nullptr) return;
  if (to_server) {
    if (!link->server || server_ == nullptr) return;
    link->server = false;
    server_->linkDown(id);
  } else {
    if (link->client == nullptr) return;
    if (const Time asleep = link->client->linkAsleepUntil(); asleep > time_.now()) {
      return time_.at<&Network::over>(asleep, *this, both(id, false));
    }
    Socket* client = std::exchange(link->client, nullptr);
    client->linkDown(id);
  }
  clean(id);
}

void Network::release(LinkId id, bool client) {
  Link* link = find(id);
  if (link == nullptr) return;
  flush(id, client);
  Stream& out = link->stream(client);
  Stream& in = link->stream(!client);
  if (client) {
    link->client = nullptr;
  } else {
    link->server = false;
  }
  in.ended = true;
  in.pieces.clear();
  out.ended = true;
  if (!out.deaf && link->was_accepted) {
    time_.at<&Network::over>(std::max(out.last, time_.now() + delay()), *this, both(id, client));
  }
  clean(id);
}

void Network::clean(LinkId id) {
  Link* link = find(id);
  if (link != nullptr && link->client == nullptr && !link->server) links_[id].reset();
}

// --- faults --------------------------------------------------------------------------------------

Network::Link* Network::oneOpen(LinkId& id) {
  std::vector<LinkId> open;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (links_[i] && links_[i]->server && links_[i]->client) open.push_back(static_cast<LinkId>(i));
  }
  if (open.empty()) return nullptr;
  id = dice_.pick(open);
  return links_[id].get();
}

/// What is under way arrives up to some byte.
void Network::truncate(Stream& stream) {
  std::size_t flying = stream.bytes.size() - stream.arrived;
  std::size_t keep = flying == 0 ? 0 : dice_.below(flying + 1);
  if (keep > 0 && keep < flying) ++tally_[Count::CutInFrame];
  stream.bytes.resize(stream.arrived + keep);
  stream.unsent = 0;
  std::deque<Piece> kept;
  for (const Piece& piece : stream.pieces) {
    if (keep == 0) break;
    kept.push_back({piece.at, std::min(piece.size, keep)});
    keep -= kept.back().size;
  }
  // What was not sent yet does not arrive.
  stream.bytes.resize(stream.bytes.size() - keep);
  stream.pieces = std::move(kept);
  stream.ended = true;
}

void Network::cut(LinkId id) {
  Link* link = find(id);
  if (link == nullptr || link->cut) return;
  story_.tell(linkName(id), "is cut");
  ++tally_[Count::Cut];
  link->cut = true;
  for (const bool to_server : {true, false}) {
    Stream& stream = link->stream(to_server);
    truncate(stream);
    time_.at<&Network::over>(std::max(stream.last, time_.now() + delay()), *this,
                             both(id, to_server));
  }
}

void Network::cutOne() {
  LinkId id = 0;
  if (oneOpen(id) != nullptr) cut(id);
}

void Network::silenceOne(bool one_way) {
  LinkId id = 0;
  Link* link = oneOpen(id);
  if (link == nullptr) return;
  ++tally_[Count::HalfOpen];
  if (one_way) ++tally_[Count::HalfOpenOneWay];
  const bool up = one_way ? dice_.chance(0.5) : true;
  story_.tell(linkName(id),
              one_way ? (up ? "swallows what the client says" : "swallows what the server says")
                      : "swallows everything");
  link->up.deaf |= up;
  link->down.deaf |= !one_way || !up;
}

void Network::slowOne(Time until) {
  LinkId id = 0;
  Link* link = oneOpen(id);
  if (link == nullptr) return;
  ++tally_[Count::SlowReader];
  story_.tell(linkName(id), "is read slowly");
  link->held_until = until;
  time_.at<&Network::unhold>(until, *this, id);
}

void Network::unhold(std::uint64_t id) {
  Link* link = find(static_cast<LinkId>(id));
  if (link == nullptr || link->held_until > time_.now() || !link->server) return;
  flush(static_cast<LinkId>(id), false);
  if (server_ != nullptr) server_->linkDrained(static_cast<LinkId>(id));
}

void Network::serverDied(bool quietly) {
  server_ = nullptr;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const auto id = static_cast<LinkId>(i);
    Link* link = find(id);
    if (link == nullptr || !link->server) continue;
    link->server = false;
    link->up.ended = true;
    link->up.pieces.clear();
    truncate(link->down);
    if (!quietly && !link->down.deaf) {
      time_.at<&Network::over>(std::max(link->down.last, time_.now() + delay()), *this,
                               both(id, false));
    }
    clean(id);
  }
}

void Network::clientDied(LinkId id, bool quietly) {
  Link* link = find(id);
  if (link == nullptr) return;
  if (!quietly) return release(id, true);
  ++tally_[Count::HalfOpen];
  link->client = nullptr;
  link->up.ended = link->up.deaf = true;
  link->down.deaf = true;
  clean(id);
}

void Network::calm() {
  calm_ = true;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (!links_[i]) continue;
    links_[i]->held_until = time_.now();
    unhold(i);
  }
}

std::size_t Network::alive() const {
  return static_cast<std::size_t>(std::count_if(links_.begin(), links_.end(), [](const auto& link) {
    return link && (link->server || link->client != nullptr);
  }));
}

bool Network::quiet() const {
  return std::none_of(links_.begin(), links_.end(), [](const auto& link) {
    return link && ((!link->up.pieces.empty() && !link->up.deaf && link->server) ||
                    (!link->down.pieces.empty() && !link->down.deaf && link->client));
  });
}

bool Network::deceives() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) {
    return link && link->client && (link->up.deaf || link->down.deaf);
  });
}

}  // namespace kith::sim
