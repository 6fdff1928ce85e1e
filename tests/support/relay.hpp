// SPDX-License-Identifier: Apache-2.0
// A bad network: a TCP relay on 127.0.0.1 that passes bytes on until it is told, or drawn by lot,
// not to. It gives clients one address while the server behind it takes new ones. One thread of its
// own; every method may be called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <poll.h>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace kith::testing {

/// What befalls a connection through the relay. Each connection draws its fate when it comes: after
/// a random number of bytes, both directions together, it is cut, falls silent or takes a pause.
struct RelayFaults {
  /// The fate comes before this many bytes; 0 = never.
  std::uint64_t within_bytes{0};
  /// Share of fates (0 to 1) that are silence: what is sent goes nowhere, in one direction or both,
  /// and neither end is told. The rest of the connection's life is like this: a half-open
  /// connection.
  double silence{0};
  /// Share of fates that are a pause: nothing moves for `pause_for`, then all goes on.
  double pause{0};
  /// See `pause`.
  std::chrono::milliseconds pause_for{0};
  /// Each piece of data is late by up to this much.
  std::chrono::milliseconds delay{0};
};

struct RelayStats {
  std::uint64_t connections{0};
  std::uint64_t refused{0};  ///< came while there was no target
  std::uint64_t cut{0};
  std::uint64_t silenced{0};
  std::uint64_t paused{0};
  std::uint64_t bytes{0};
};

class Relay {
 public:
  explicit Relay(std::uint64_t seed);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// `127.0.0.1:port` for clients.
  const std::string& address() const { return address_; }
  /// Where new connections go, `127.0.0.1:port`; empty = nowhere, they are closed at once.
  void setTarget(const std::string& address);
  /// For connections that come from now on.
  void setFaults(const RelayFaults& faults);
  /// Ends every connection that is there, those that fell silent included.
  void cutAll();
  RelayStats stats() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Fate { None, Cut, Silence, Pause };
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  /// One direction.
  struct Pipe {
    int from{-1};
    int to{-1};
    std::deque<Piece> queue;
    std::size_t queued{0};
    bool silent{false};
    bool ended{false};  ///< the source said that it is done
  };
  struct Pair {
    int client{-1};
    int server{-1};
    bool connected{false};
    Pipe up, down;
    Fate fate{Fate::None};
    std::uint64_t bytes_left{0};
    std::chrono::milliseconds delay{0};
    std::chrono::milliseconds pause_for{0};
    Clock::time_point paused_until{};
    bool over{false};
  };

  void run();
  Clock::time_point look(std::vector<pollfd>& fds);
  void serve(const std::vector<pollfd>& fds);
  void accept();
  void drawFate(Pair& pair);
  void pump(Pair& pair, Pipe& pipe);
  void take(Pair& pair, Pipe& pipe, std::string bytes);
  void meetFate(Pair& pair);
  void flush(Pair& pair, Pipe& pipe);
  void end(Pair& pair, bool reset);
  void wake();

  std::string address_;
  int listener_{-1};
  int wake_fd_{-1};

  mutable std::mutex mutex_;  // guards the next six
  std::string target_;
  RelayFaults faults_;
  RelayStats stats_;
  bool cut_all_{false};
  bool ending_{false};

  // The thread's.
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::thread thread_;
};

}  // namespace kith::testing
