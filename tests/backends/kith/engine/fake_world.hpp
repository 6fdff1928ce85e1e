// SPDX-License-Identifier: Apache-2.0
// What random schedules run the client engine against: a server and a disk of a few lines each.
// Owned by a test; one thread.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "backends/kith/engine/client_engine.hpp"
#include "base/random.hpp"
#include "protocol/avos/frame.hpp"

namespace kith::test {

/// A frame on its way to the server: what the fake server looks at.
struct Sent {
  enum class What { Heartbeat, Open, Add, Remove, Query, Close, Direct, Ack, Room };
  What what{What::Heartbeat};
  avos::RoomRequest::Op op{};
  std::int64_t i{0};
  std::string peer, to, text, dt;
  std::vector<std::string> ids;
  bool transient{false};

  explicit Sent(const avos::Frame& frame) : i(frame.i.number), peer(frame.peer()) {
    std::visit(*this, frame.body);
  }
  void operator()(const avos::Heartbeat&) { what = What::Heartbeat; }
  void operator()(const avos::SessionOpen&) { what = What::Open; }
  void operator()(const avos::SessionAdd&) { what = What::Add; }
  void operator()(const avos::SessionRemove&) { what = What::Remove; }
  void operator()(const avos::SessionQuery&) { what = What::Query; }
  void operator()(const avos::SessionClose&) { what = What::Close; }
  void operator()(const avos::Direct& body) {
    what = What::Direct;
    text = body.text;
    dt = body.dedupe;
    transient = body.transient;
    if (body.to) to = body.to->front();
  }
  void operator()(const avos::Ack& body) {
    what = What::Ack;
    if (body.ids) ids.assign(body.ids->begin(), body.ids->end());
  }
  void operator()(const avos::RoomRequest& body) {
    what = What::Room;
    op = body.op;
  }
  template <typename Other>
  void operator()(const Other&) {
    std::abort();  // a client does not send it
  }
};

/// Accepts, deduplicates by `dt`, keeps for the absent, forgets at an acknowledgement.
class FakeServer {
 public:
  std::deque<std::string> out;                  // frames to the client, in order
  std::map<std::string, std::string> accepted;  // dt -> uid

  void take(const Sent& frame, base::SeededRandom& random) {
    const std::string i = " i=" + std::to_string(frame.i);
    switch (frame.what) {
      case Sent::What::Heartbeat: out.push_back("{} -"); return;
      case Sent::What::Direct: return direct(frame, i);
      case Sent::What::Ack:
        for (const std::string& id : frame.ids) {
          std::erase_if(queue_[frame.peer], [&](const auto& m) { return m.id == id; });
        }
        return;
      case Sent::What::Room: return room(frame, i, random);
      default: return session(frame, i, random);
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
    switch (f.what) {
      case Sent::What::Open:
        online_.insert(f.peer);
        out.push_back("session opened " + f.peer + i + " list=" + (random.upTo(1) ? "bob" : ""));
        for (const Kept& m : queue_[f.peer]) deliver(f.peer, m, true);
        return;
      case Sent::What::Add:
        if (random.upTo(5) == 0) return out.push_back("session error " + f.peer + i + " code=4102");
        return out.push_back("session added " + f.peer + i + " list=carol");
      case Sent::What::Remove: return out.push_back("session removed " + f.peer + i);
      case Sent::What::Query: return out.push_back("session query-result " + f.peer + i + " list=");
      case Sent::What::Close:
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
      case avos::RoomRequest::Op::Join: return out.push_back("room joined" + head + "by=" + f.peer);
      case avos::RoomRequest::Op::Leave: return out.push_back("room left" + head + "by=" + f.peer);
      case avos::RoomRequest::Op::Invite:
        return out.push_back("room invited" + head + "peers=x by=" + f.peer);
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

/// What outlives a life of the program; commits and loads come in the order they were asked for.
class FakeDisk {
 public:
  struct Load {
    engine::SessionRef session;
    std::string peer;
  };
  std::deque<std::variant<PeerChange, Load>> jobs;

  StoredPeer& of(const std::string& peer) { return peers_[peer]; }
  bool wasShown(const std::string& peer, const std::string& id) {
    const auto& ids = of(peer).shown_ids;
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
  void apply(const PeerChange& change) {
    StoredPeer& peer = of(change.peer_id);
    if (const auto* sent = std::get_if<store_change::AddOutgoing>(&change.change)) {
      peer.outgoing.push_back(sent->entry);
    } else if (const auto* over = std::get_if<store_change::RemoveOutgoing>(&change.change)) {
      std::erase_if(peer.outgoing, [&](auto& out) { return out.client_id == over->client_id; });
    } else if (const auto* came = std::get_if<store_change::AddIncoming>(&change.change)) {
      const auto same = [&](auto& in) { return in.message.id == came->entry.message.id; };
      if (std::none_of(peer.incoming.begin(), peer.incoming.end(), same)) {
        peer.incoming.push_back(came->entry);
      }
    } else if (const auto* shown = std::get_if<store_change::Shown>(&change.change)) {
      for (const std::string& id : shown->ids) {
        std::erase_if(peer.incoming, [&](auto& in) { return in.message.id == id; });
        peer.shown_ids.push_back(id);
      }
    } else if (const auto* watched = std::get_if<store_change::SetWatched>(&change.change)) {
      peer.watched = watched->peers;
    }
  }

 private:
  std::map<std::string, StoredPeer> peers_;
};

}  // namespace kith::test
