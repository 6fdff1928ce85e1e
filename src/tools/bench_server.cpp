// SPDX-License-Identifier: Apache-2.0
// A kithd as a child process, and what /proc tells about it.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/bench.hpp"

namespace kith::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMasterKey = "master-key-of-the-benchmark";

Error broken(const std::string& what) { return Error{Errc::Internal, 0, what, false}; }

/// The line that kithd prints when it is ready, or nothing when it ended or took too long.
std::string readFirstLine(int fd) {
  std::string line;
  char c = 0;
  for (;;) {
    pollfd one{fd, POLLIN, 0};
    if (poll(&one, 1, 15000) <= 0 || read(fd, &c, 1) != 1) return {};
    if (c == '\n') return line;
    line += c;
  }
}

/// For a child that is about to become the server. A core that is not there is no reason to fail.
void keepToCore(int core) {
  if (core < 0) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

std::vector<char*> pointersTo(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Runs a program until it ends; false when it failed. What it says goes nowhere.
bool runQuietly(std::vector<std::string> command) {
  const std::vector<char*> arguments = pointersTo(command);
  const pid_t pid = fork();
  if (pid == 0) {
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, fd);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = -1;
  return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace

Usage usageOf(int pid) {
  Usage usage;
  // The CPU clock of the process, all its threads together: /proc/<pid>/stat counts in 10 ms.
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0) {
    usage.cpu_us = static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
  }
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::string skipped;
  double pages = 0;
  statm >> skipped >> pages;
  usage.rss_kb = pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
  return usage;
}

Usage ownUsage() { return usageOf(getpid()); }

Result<std::unique_ptr<BenchServer>> BenchServer::start(const Settings& settings,
                                                        const BenchArgs& args) {
  std::unique_ptr<BenchServer> server(new BenchServer());
  if (args.external) {
    server->url_ = settings.server;
    server->pid_ = args.server_pid;
    return server;
  }
  server->own_ = true;
  server->core_ = args.server_core;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const std::string program = self.parent_path() / "kithd";
  std::string data = ":memory:";
  if (args.durable || args.tls || !args.config.empty()) {
    if (const auto made = server->makeFolder(); !made) return made.error();
    if (args.durable) data = server->folder_;
  }
  server->command_ = {program, "--listen",        "127.0.0.1:0",   "--data",
                      data,    "--require-watch", "never",         "--log-level",
                      "error", "--app",           settings.appId()};
  if (args.is_signed) {
    server->command_.back() += std::string(":key:") + kMasterKey;
    server->command_.emplace_back("--require-signature");
  }
  if (!args.config.empty()) {
    const std::string file = server->folder_ + "/kithd.json";
    std::ofstream(file) << args.config;
    server->command_.insert(server->command_.end(), {"--config", file});
  }
  if (args.tls) {
    if (const auto made = server->makeCertificate(); !made) return made.error();
  }
  if (const auto spawned = server->spawn(); !spawned) return spawned.error();
  return server;
}

Result<void> BenchServer::makeFolder() {
  std::error_code error;
  std::string name = fs::temp_directory_path(error) / "kith-bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return broken("no temporary folder: " + name);
  folder_ = name;
  return {};
}

/// By the program openssl: this room has no cryptography of its own.
Result<void> BenchServer::makeCertificate() {
  const std::string key = folder_ + "/key.pem";
  ca_file_ = folder_ + "/cert.pem";
  const bool made =
      runQuietly({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                  "-nodes", "-days", "2", "-subj", "/CN=kith bench", "-addext",
                  "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", ca_file_});
  if (!made) return broken("openssl made no certificate; is the program installed?");
  command_.insert(command_.end(), {"--tls-cert", ca_file_, "--tls-key", key});
  return {};
}

Result<void> BenchServer::spawn() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return broken(std::string("pipe: ") + std::strerror(errno));
  const std::vector<char*> arguments = pointersTo(command_);
  pid_ = fork();
  if (pid_ == 0) {
    // Whatever ends us ends it too.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    keepToCore(core_);
    dup2(ends[1], STDOUT_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  const std::string line = readFirstLine(ends[0]);
  close(ends[0]);
  constexpr std::string_view kReady = "listening on ";
  if (line.rfind(kReady, 0) != 0) return broken("could not start " + command_[0]);
  const std::string address = line.substr(kReady.size());
  command_[2] = address;
  url_ = (ca_file_.empty() ? "ws://" : "wss://") + address;
  return {};
}

void BenchServer::kill() {
  if (!own_ || pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

Result<void> BenchServer::restart() { return spawn(); }

BenchServer::~BenchServer() {
  kill();
  std::error_code error;
  if (!folder_.empty()) fs::remove_all(folder_, error);
}

std::shared_ptr<SessionManager> Bench::makeManager() {
  Options options;
  options.app_id = settings_.appId();
  options.server = server_.url();
  options.executor = executor_;
  options.tls.ca_file = args_.external ? settings_.ca_file : server_.caFile();
  options.reactor = reactors_[next_reactor_++ % reactors_.size()];
  const bool keyed = args_.external && !settings_.master_key.empty();
  if (signer_ == nullptr && (args_.is_signed || keyed)) {
    signer_ = LocalSignatureFactory::make(keyed ? settings_.master_key : kMasterKey);
  }
  options.signature_factory = signer_;
  options.outbox.max_in_flight = std::max(options.outbox.max_in_flight, args_.in_flight);
  options.outbox.max_messages = std::max(options.outbox.max_messages, args_.in_flight + 1);
  return std::make_shared<SessionManager>(options);
}

}  // namespace kith::tools
