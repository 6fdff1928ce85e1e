// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/drivers/work.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <fstream>
#include <time.h>
#include <unistd.h>

namespace kith::bench {

namespace {

/// CPU time of a process with all its threads: finer than the ticks of /proc/<pid>/stat.
double cpuMicros(int pid) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

}  // namespace

Usage usageOf(int pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  double pages = 0;
  std::string skipped;
  statm >> skipped >> pages;
  return {cpuMicros(pid), pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024};
}

std::string makeBody(std::uint64_t number, std::size_t sender, std::size_t size) {
  std::string body(std::max<std::size_t>(size, 48), 'x');
  char* at = std::to_chars(body.data(), body.data() + 24, number).ptr;
  *at++ = ' ';
  at = std::to_chars(at, at + 20, sender).ptr;
  *at = ' ';
  return body;
}

BodyHead readBody(std::string_view body) {
  BodyHead head;
  const char* end = body.data() + body.size();
  const char* at = std::from_chars(body.data(), end, head.number).ptr;
  if (at != end) std::from_chars(at + 1, end, head.sender);
  return head;
}

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Work::Work(const Settings& settings)
    : settings_(settings),
      make_(findProtocol(settings.protocol)),
      limit_(Clock::now() +
             std::chrono::milliseconds(static_cast<std::int64_t>(settings.limit_s * 1000))) {
  server_.sin_family = AF_INET;
  server_.sin_port = htons(static_cast<std::uint16_t>(settings.port));
  server_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (std::size_t i = 0; i < settings.idle; ++i) {
    idle_.push_back(make_({loop_, server_, i, "idle" + std::to_string(i), {}, *this}));
  }
}

void Work::add(std::string name, Role role) {
  clients_.push_back(make_({loop_, server_, clients_.size(), std::move(name), role, *this}));
}

bool Work::open(std::size_t first, std::size_t at_once) {
  if (!idle_open_ && !openAll(idle_, 0, at_once)) return false;
  idle_open_ = true;
  return openAll(clients_, first, at_once);
}

bool Work::openAll(Clients& clients, std::size_t first, std::size_t at_once) {
  opening_ = &clients;
  next_ = first;
  ready_ = first;
  for (std::size_t i = 0; i < at_once && next_ < clients.size(); ++i) clients[next_++]->connect();
  return ready_ == clients.size() || turn("opening");
}

void Work::onReady(Client&) {
  if (next_ < opening_->size()) (*opening_)[next_++]->connect();
  if (++ready_ == opening_->size()) loop_.stop();
}

void Work::onLost(Client& client, std::string_view why) {
  fail(client.name() + ": " + std::string(why.substr(0, 200)));
}

bool Work::introduce(std::vector<std::vector<std::string>> peers_of) {
  to_meet_ = std::move(peers_of);
  left_to_meet_ = 0;
  for (const auto& peers : to_meet_) left_to_meet_ += peers.size();
  if (left_to_meet_ == 0) return true;
  for (std::size_t i = 0; i < to_meet_.size(); ++i) {
    if (!to_meet_[i].empty()) at(i).meet(to_meet_[i].back());
  }
  return left_to_meet_ == 0 ? !failure_ : turn("meeting");
}

void Work::onMade(Client& client) {
  auto& peers = to_meet_[client.index()];
  peers.pop_back();
  if (--left_to_meet_ == 0) return loop_.stop();
  if (!peers.empty()) client.meet(peers.back());
}

void Work::fail(const std::string& why) {
  if (!failure_) failure_ = why;
  loop_.stop();
}

bool Work::turn(const char* what) {
  if (!failure_ && !loop_.run(limit_)) failure_ = std::string(what) + " took longer than --limit";
  return !failure_;
}

void Work::start() {
  own_ = usageOf(getpid());
  remote_ = usageOf(settings_.server_pid);
  started_ = Clock::now();
}

void Work::addCpu(Figures& figures, const char* per, double count) const {
  const std::string name = std::string("CpuPer") + per;
  figures.push_back({"client" + name, (usageOf(getpid()).cpu_us - own_.cpu_us) / count});
  figures.push_back(
      {"server" + name, (usageOf(settings_.server_pid).cpu_us - remote_.cpu_us) / count});
}

void Work::addMemory(Figures& figures, double count) const {
  figures.push_back(
      {"serverKbPerSession", (usageOf(settings_.server_pid).rss_kb - remote_.rss_kb) / count});
}

}  // namespace kith::bench
