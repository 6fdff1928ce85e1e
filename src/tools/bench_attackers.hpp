// SPDX-License-Identifier: Apache-2.0
// What a stranger without a key may try against a server, made of raw sockets. Each attacker has a
// thread of its own, an address of its own on the loopback network, and a share of a core that it
// keeps to, so that what it does to others is the server's doing and not the scheduler's.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace kith::tools {

/// A blocking socket that gives up instead of waiting.
class AttackSocket {
 public:
  /// Connects from 127.0.0.0 plus `from`; look at good().
  AttackSocket(std::uint16_t port, int from);
  ~AttackSocket();
  AttackSocket(const AttackSocket&) = delete;
  AttackSocket& operator=(const AttackSocket&) = delete;

  bool good() const { return fd_ >= 0; }
  /// Sends what the kernel takes within a moment; false when the other side is gone or stuck.
  bool send(std::string_view bytes);
  /// Waits a moment for an answer; false when there is none.
  bool receive();
  /// Waits a moment, and returns what has come.
  std::string read();
  /// Drops what has come.
  void discard();
  /// Asks for a WebSocket and takes the answer.
  bool upgrade();

 private:
  void close();
  int fd_{-1};
};

/// A masked text frame.
std::string maskedFrame(std::string_view text);

class Attacker {
 public:
  /// Calls `step` again and again on a thread of its own, which uses no more than `share` of a
  /// core.
  Attacker(double share, std::function<void()> step);
  ~Attacker();
  Attacker(const Attacker&) = delete;
  Attacker& operator=(const Attacker&) = delete;
  std::uint64_t steps() const { return steps_.load(); }

 private:
  void run(double share, const std::function<void()>& step);
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> steps_{0};
  std::thread thread_;
};

/// One kind of attack: its name, how to make the step of an attacker that comes from
/// 127.0.0.`from`, and what it may do to the server; a run that finds more has failed.
struct Attack {
  const char* name;
  const char* what;
  std::function<void()> (*make)(std::uint16_t port, int from);
  double most_p50_ms;  ///< of the latency
  double most_p99_ms;
  double most_mb;  ///< that the server's memory grows by
};
/// Asks for long pages of the history and does not read them.
std::function<void()> hoardHistory(std::uint16_t port, int from);
/// Keeps connections from thousands of addresses, and comes from new ones.
std::function<void()> holdAddresses(std::uint16_t port, int from);
/// Makes a group with members that do not exist, and sends to it.
std::function<void()> floodGroup(std::uint16_t port, int from);
/// The first one only burns CPU time: what the others are compared with.
const std::vector<Attack>& attacks();

}  // namespace kith::tools
