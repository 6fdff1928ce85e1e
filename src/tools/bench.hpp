// SPDX-License-Identifier: Apache-2.0
// What the works of `kith bench` share: settings, a kithd of our own, sessions, figures. The
// sessions' callbacks run on the io thread, or several; each work says how it shares state with it.
#pragma once

#include <kith/kith.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "tools/settings.hpp"

namespace kith::tools {

struct BenchArgs {
  std::string work;
  /// Settings file for the server, as JSON; empty = none.
  std::string config{};
  /// 0 = what the work takes by default.
  std::size_t messages{0};
  std::size_t clients{0};
  std::size_t body{128};
  std::size_t in_flight{0};
  std::size_t connections{0};
  /// Of idle and storm; 0 = one for each thousand sockets.
  std::size_t io_threads{0};
  int repeat{3};
  /// Messages a second, for latency; 0 = as fast as it goes.
  double rate{0};
  bool durable{false};
  bool is_signed{false};
  bool shared{false};
  /// Through TLS, with a certificate that the server of our own makes.
  bool tls{false};
  /// Where --server was given: the server's process, to read its CPU time and memory.
  int server_pid{0};
  bool external{false};
  /// The core that the server of our own keeps to; -1 = any.
  int server_core{-1};
  /// The whole run may take this long.
  double limit_s{120};
};

/// `kith bench WORK`: runs it `repeat` times, prints a table or one JSON object. Exit status.
int runBench(const Settings& settings, BenchArgs args);

/// One measured number.
struct Figure {
  std::string name;
  double value{0};
  std::string unit;
};
using Figures = std::vector<Figure>;

/// CPU time of this process, and what /proc knows about another.
struct Usage {
  double cpu_us{0};
  double rss_kb{0};
};
Usage ownUsage();
/// `sanitized`, `optimised` or `debug`: how this program was built.
const char* buildKind();
Usage usageOf(int pid);

/// kithd as a child: on a free port, with its own folder that goes away with it.
class BenchServer {
 public:
  /// Errors say what could not be started.
  static Result<std::unique_ptr<BenchServer>> start(const Settings& settings,
                                                    const BenchArgs& args);
  ~BenchServer();
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;

  const std::string& url() const { return url_; }
  /// The certificate that clients have to trust; empty without TLS.
  const std::string& caFile() const { return ca_file_; }
  int pid() const { return pid_; }
  Usage usage() const { return pid_ > 0 ? usageOf(pid_) : Usage{}; }
  /// kill -9.
  void kill();
  /// Starts again at the same address with the same folder.
  Result<void> restart();

 private:
  BenchServer() = default;
  Result<void> makeFolder();
  Result<void> makeCertificate();
  Result<void> spawn();

  std::vector<std::string> command_;
  std::string folder_;
  std::string url_;
  std::string ca_file_;
  int core_{-1};
  int pid_{0};
  bool own_{false};
};

/// Runs callbacks at once, on the io thread: what a bot that never waits would use.
class InlineExecutor : public Executor {
 public:
  void post(std::function<void()> task) override { task(); }
};

/// One run of one work: its server, its io threads, and the first fault that was noticed.
class Bench {
 public:
  Bench(const Settings& settings, const BenchArgs& args, BenchServer& server,
        std::size_t io_threads);

  const BenchArgs& args() const { return args_; }
  BenchServer& server() { return server_; }
  /// A manager with a connection of its own on the next of the io threads.
  std::shared_ptr<SessionManager> makeManager();

  /// Any thread: the run is wrong; the first reason is kept and every wait ends.
  void fail(const std::string& why);
  std::optional<std::string> failure() const;
  /// Any thread: wakes the waiting one, which looks at its condition again.
  void wake();
  /// Waits until `done()`, which must be safe on this thread; false after a fault or at the limit.
  bool waitFor(const std::string& what, const std::function<bool()>& done);

 private:
  const Settings& settings_;
  const BenchArgs& args_;
  BenchServer& server_;
  std::vector<std::shared_ptr<Reactor>> reactors_;
  std::size_t next_reactor_{0};
  std::shared_ptr<SignatureFactory> signer_;
  std::shared_ptr<Executor> executor_{std::make_shared<InlineExecutor>()};
  std::chrono::steady_clock::time_point limit_;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  std::optional<std::string> failure_ KITH_GUARDED_BY(mutex_);
};

/// Sessions and their managers; opening and closing many at once.
class Fleet {
 public:
  explicit Fleet(Bench& bench) : bench_(bench) {}
  /// Closes all and waits for it.
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Makes a session on a connection of its own, or on connection `index` of the shared ones.
  std::shared_ptr<Session> add(const std::string& peer, std::shared_ptr<MessageReceiver> receiver,
                               std::optional<std::size_t> shared_connection = {});
  /// Opens all, up to `at_once` at a time, and waits.
  bool open(const std::vector<std::vector<std::string>>& watch = {}, std::size_t at_once = 256);
  Session& at(std::size_t index) { return *sessions_[index]; }
  std::size_t size() const { return sessions_.size(); }
  std::size_t openNow() const;

 private:
  Bench& bench_;
  std::vector<std::shared_ptr<SessionManager>> managers_;
  std::vector<std::shared_ptr<SessionManager>> shared_;
  std::vector<std::shared_ptr<Session>> sessions_;
};

/// Text of `size` bytes that starts with the number.
std::string numberedBody(std::uint64_t number, std::size_t size);
/// The number that such a text starts with.
std::uint64_t bodyNumber(const std::string& text);

/// Seconds since `start`.
double secondsSince(std::chrono::steady_clock::time_point start);
/// Adds CPU microseconds per `count` on both sides.
void addCpu(Figures& figures, const Usage& own_before, const Usage& own_after,
            const Usage& server_before, const Usage& server_after, double count);

/// The works: each returns its figures, or none after `bench.fail()`.
Figures benchDirect(Bench& bench);
Figures benchFanout(Bench& bench);
Figures benchIdle(Bench& bench);
Figures benchStorm(Bench& bench);
Figures benchOffline(Bench& bench);
Figures benchMesh(Bench& bench);
Figures benchAttack(Bench& bench);
/// The other apps that attackers use, for BenchArgs::config.
std::string attackConfig();

}  // namespace kith::tools
