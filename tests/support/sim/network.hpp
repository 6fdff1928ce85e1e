// SPDX-License-Identifier: Apache-2.0
// Connections between devices and the server: two streams of bytes each, with frames of a length,
// a kind and a payload. Order is kept within a stream, not between connections. A stream may end at
// any byte, or fall silent without either end being told. One thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/sim/dice.hpp"
#include "support/sim/plan.hpp"
#include "support/sim/story.hpp"
#include "support/sim/tally.hpp"
#include "support/sim/timeline.hpp"

namespace kith::sim {

using LinkId = std::uint32_t;

enum class Frame : char { Text = 't', Ping = 'p', Pong = 'o', Close = 'c' };

/// One end of a connection.
class Socket {
 public:
  virtual ~Socket() = default;
  virtual void linkUp(LinkId link) = 0;
  /// The payload has one writable byte more behind it; it may be overwritten.
  virtual void linkFrame(LinkId link, Frame kind, char* payload, std::size_t size) = 0;
  /// What arrived together has been told.
  virtual void linkTurn(LinkId link) = 0;
  /// It is over; nothing more comes.
  virtual void linkDown(LinkId link) = 0;
  /// What flush() had to keep back has left.
  virtual void linkDrained(LinkId) {}
  /// Until when this end is asleep and takes nothing from the network.
  virtual Time linkAsleepUntil() const { return 0; }
};

class Network {
 public:
  Network(const Plan& plan, Timeline& time, Story& story, Tally& tally);

  void listen(Socket* server) { server_ = server; }
  /// linkUp(), linkDown(), or nothing at all.
  LinkId connect(Socket& client, std::size_t device);

  void write(LinkId link, bool to_server, Frame kind, std::string_view payload);
  void write(LinkId link, bool to_server, Frame kind,
             std::initializer_list<std::string_view> payload);
  /// Sends what was written. False: the reader is slow, and it waits here.
  bool flush(LinkId link, bool to_server);
  /// This end lets go: the other hears of it after what is under way, this one nothing more.
  void release(LinkId link, bool client);

  // --- faults ---
  void cutOne();
  void cut(LinkId link);
  void silenceOne(bool one_way);
  void slowOne(Time until);
  void serverDied(bool quietly);
  void clientDied(LinkId link, bool quietly);
  void calm();

  std::size_t alive() const;
  bool quiet() const;
  /// A device holds a connection that swallows what is said, and has not noticed.
  bool deceives() const;

 private:
  struct Piece {
    Time at;
    std::size_t size;
  };
  struct Stream {
    std::string bytes;         // from what was not taken yet
    std::size_t taken{0};      // of these, told to the reader
    std::size_t arrived{0};    // of these, there
    std::size_t unsent{0};     // at the end of bytes
    std::deque<Piece> pieces;  // under way
    Time last{0};
    bool deaf{false};   // nothing comes out any more
    bool ended{false};  // nothing goes in any more
  };
  struct Link {
    Socket* client{nullptr};  // null: it let go
    bool server{false};       // it was accepted and not let go
    bool was_accepted{false};
    bool cut{false};
    std::size_t device{0};
    Time held_until{0};
    Stream up, down;
    Stream& stream(bool to_server) { return to_server ? up : down; }
  };

  Link* find(LinkId id) { return id < links_.size() ? links_[id].get() : nullptr; }
  Time delay() { return calm_ ? 2 : dice_.between(plan_.delay_low, plan_.delay_high); }
  Link* oneOpen(LinkId& id);
  void accept(std::uint64_t id);
  void established(std::uint64_t id);
  void refused(std::uint64_t id);
  void arrive(std::uint64_t id_and_side);
  void over(std::uint64_t id_and_side);
  void unhold(std::uint64_t id);
  void truncate(Stream& stream);
  void tellEnd(LinkId id, bool to_server);
  void clean(LinkId id);
  Socket* readerOf(LinkId id, bool to_server);
  void tellFrames(LinkId id, bool to_server);

  const Plan& plan_;
  Timeline& time_;
  Story& story_;
  Tally& tally_;
  Dice dice_;
  Socket* server_{nullptr};  // null: it is down
  bool calm_{false};
  std::vector<std::unique_ptr<Link>> links_;
  std::string scratch_;
};

}  // namespace kith::sim
