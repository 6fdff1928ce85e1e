// SPDX-License-Identifier: Apache-2.0
// What the works share: clients, opening many of them, checking, figures. The works, their windows
// and the names of their figures are those of `kith bench` (src/tools/bench.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/drivers/client.hpp"
#include "benchmarks/drivers/protocols.hpp"

namespace kith::bench {

struct Settings {
  std::string work;
  std::string protocol;
  int port{0};
  int server_pid{0};
  std::size_t messages{0};
  std::size_t clients{0};
  std::size_t body{128};
  std::size_t in_flight{0};
  std::size_t connections{0};
  std::size_t idle{0};
  std::size_t conversations{0};
  std::size_t pages{0};
  double rate{0};
  double limit_s{120};
  bool tls{false};
};

/// One measured number.
struct Figure {
  std::string name;
  double value{0};
};
using Figures = std::vector<Figure>;

/// CPU time and resident memory of a process.
struct Usage {
  double cpu_us{0};
  double rss_kb{0};
};
Usage usageOf(int pid);

/// Text of `size` bytes that starts with the number and the sender.
std::string makeBody(std::uint64_t number, std::size_t sender, std::size_t size);
struct BodyHead {
  std::uint64_t number{0};
  std::size_t sender{0};
};
BodyHead readBody(std::string_view body);

double secondsSince(Clock::time_point start);

/// One run of one work.
class Work : public Listener {
  using Clients = std::vector<std::unique_ptr<Client>>;

 public:
  explicit Work(const Settings& settings);
  /// The figures, or none after a fault.
  virtual Figures run() = 0;
  const std::optional<std::string>& failure() const { return failure_; }

  void onReady(Client& client) override;
  void onAccepted(Client&) override { fail("an answer that nobody waits for"); }
  void onHeard(Client&, std::string_view) override { fail("a message that nobody waits for"); }
  void onMade(Client& client) override;
  void onUnread(Client&, std::size_t) override {}
  void onPage(Client&, std::size_t) override { fail("a page that nobody waits for"); }
  void onLost(Client& client, std::string_view why) override;

 protected:
  const Settings& settings() const { return settings_; }
  Loop& loop() { return loop_; }
  Client& at(std::size_t index) { return *clients_[index]; }
  std::size_t size() const { return clients_.size(); }

  void add(std::string name, Role role);
  /// Opens those from `first` on, `at_once` at a time, and waits until they are ready; the first
  /// time it opens before them those that stay idle beside the work.
  bool open(std::size_t first = 0, std::size_t at_once = 256);
  void closeAll() { clients_.clear(); }
  /// Each of these clients meets each of these peers, one after the other, and all are waited for.
  bool introduce(std::vector<std::vector<std::string>> peers_of);
  /// Keeps the first reason and ends the run.
  void fail(const std::string& why);
  /// Turns the loop until loop().stop() is called; false after a fault or at the limit.
  bool turn(const char* what);
  /// Begins to measure; cpu() ends it.
  void start();
  /// Adds CPU microseconds per `count` on both sides since start().
  void addCpu(Figures& figures, const char* per, double count) const;
  void addMemory(Figures& figures, double count) const;
  double seconds() const { return secondsSince(started_); }

 private:
  bool openAll(Clients& clients, std::size_t first, std::size_t at_once);

  const Settings& settings_;
  sockaddr_in server_{};
  Maker make_;
  Loop loop_;
  Clock::time_point limit_;
  Clients idle_;
  Clients clients_;
  Clients* opening_{&clients_};
  bool idle_open_{false};
  std::size_t next_{0};
  std::size_t ready_{0};
  std::vector<std::vector<std::string>> to_meet_;  ///< by client
  std::size_t left_to_meet_{0};
  std::optional<std::string> failure_;
  Clock::time_point started_;
  Usage own_;
  Usage remote_;
};

std::unique_ptr<Work> makeDirect(const Settings& settings);
std::unique_ptr<Work> makeFanout(const Settings& settings);
std::unique_ptr<Work> makeHistory(const Settings& settings);
std::unique_ptr<Work> makeIdle(const Settings& settings);
std::unique_ptr<Work> makeLatency(const Settings& settings);
std::unique_ptr<Work> makeLogin(const Settings& settings);
std::unique_ptr<Work> makeMesh(const Settings& settings);
std::unique_ptr<Work> makeOffline(const Settings& settings);
std::unique_ptr<Work> makeStorm(const Settings& settings);

}  // namespace kith::bench
