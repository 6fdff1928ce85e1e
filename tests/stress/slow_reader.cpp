// SPDX-License-Identifier: Apache-2.0
// slow-reader: raw sockets that open a session, are sent a lot and never read. What kithd keeps for
// them is bounded, they are closed with 1013, and no other connection notices.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <vector>

#include "stress/crowd.hpp"
#include "stress/kithd_process.hpp"
#include "stress/raw_peer.hpp"
#include "stress/report.hpp"
#include "stress/stress.hpp"

namespace kith::stress {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kOutputBytes = 1u << 20;
constexpr std::size_t kTextBytes = 4000;
constexpr int kReceiveBuffer = 65536;
constexpr std::uint64_t kKernelBytes = 8u << 20;
constexpr std::size_t kSlowBytes = 16384;
// Beside the output: the messages, which are kept for all, and what one turn takes.
constexpr std::size_t kSlackKb = 64u << 10;

/// Sends to all of `peers` without end, a few messages on the way at a time.
class Flood {
 public:
  Flood(const std::string& url, std::vector<std::string> peers)
      : peers_(std::move(peers)), manager_(options(url)), session_(manager_.session("flood")) {
    session_->open();
    for (int i = 0; i < 8; ++i) send();
  }
  ~Flood() {
    over_ = true;
    std::atomic<bool> closed{false};
    manager_.close([&](const auto&) { closed = true; });
    while (!closed) std::this_thread::yield();
  }
  std::uint64_t bytesEach() const { return sent_ * kTextBytes; }
  std::uint64_t failed() const { return failed_; }

 private:
  static Options options(const std::string& url) {
    Options options;
    options.app_id = kApp;
    options.server = url;
    return options;
  }
  void send() {
    Message message;
    message.text.assign(kTextBytes, 'x');
    message.to = peers_;
    session_->send(std::move(message), [this](const auto& sent) {
      ++(sent ? sent_ : failed_);
      if (!over_) send();
    });
  }

  std::vector<std::string> peers_;
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> failed_{0};
  SessionManager manager_;
  std::shared_ptr<Session> session_;
};

/// A message to oneself and back again, again and again: what the others feel.
class Pulse : public MessageReceiver {
 public:
  explicit Pulse(const std::string& url)
      : manager_(options(url)), session_(manager_.session("pulse")) {
    session_->setReceiver({std::shared_ptr<void>(), this});
    session_->open();
  }
  ~Pulse() override {
    std::atomic<bool> closed{false};
    manager_.close([&](const auto&) { closed = true; });
    while (!closed) std::this_thread::yield();
  }
  /// Beats `count` times; the milliseconds that each took, sorted.
  std::vector<double> beat(int count) {
    std::vector<double> took;
    for (int i = 0; i < count; ++i) {
      const int before = heard_;
      const Clock::time_point start = Clock::now();
      session_->send({.text = "beat", .to = {"pulse"}});
      await("a message while others do not read", [&] { return heard_ > before; });
      took.push_back(std::chrono::duration<double, std::milli>(heard_at_.load() - start).count());
    }
    std::sort(took.begin(), took.end());
    return took;
  }
  std::uint64_t disconnects() const { return manager_.stats().disconnects; }

 private:
  static Options options(const std::string& url) {
    Options options;
    options.app_id = kApp;
    options.server = url;
    return options;
  }
  void onMessage(Session&, const Message&) override {
    heard_at_ = Clock::now();
    ++heard_;
    ring();
  }

  std::atomic<int> heard_{0};
  std::atomic<Clock::time_point> heard_at_{};
  SessionManager manager_;
  std::shared_ptr<Session> session_;
};

double part(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

void runSlowReader(const Args& args) {
  // In memory: with a slow disk the flood takes a minute, and where the kernel has dropped a
  // segment for a peer that does not read, it waits as long again before it repeats it.
  KithdOptions options;
  options.settings = {"\"output_bytes\": " + std::to_string(kOutputBytes)};
  KithdProcess kithd(options);
  const std::string address = kithd.start();
  const std::string url = "ws://" + address;
  const std::size_t count = args.sessions > 0 ? args.sessions : 20;
  const int beats = small() ? 20 : 100;
  Pulse pulse(url);
  const std::vector<double> calm = pulse.beat(beats);
  std::deque<RawPeer> mute;
  std::vector<std::string> names{"slow"};
  RawPeer slow(address, kReceiveBuffer);
  slow.openSession(kApp, "slow");
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back("mute" + std::to_string(i));
    mute.emplace_back(address, kReceiveBuffer).openSession(kApp, names.back());
  }
  const std::size_t before = kithd.rss();
  std::size_t most = before;
  std::vector<double> flooded;
  {
    Flood flood(url, names);
    const auto riseTo = [&](std::uint64_t bytes) {
      keepTrying("the flood", [&] {
        most = std::max(most, kithd.rss());
        require(!kithd.ended(), "kithd ended");
        // A quarter of what comes: too little to keep up, enough to see the end.
        while (slow.bytesRead() < flood.bytesEach() / 4 && slow.readALittle(kSlowBytes)) {
        }
        return flood.bytesEach() > bytes;
      });
    };
    riseTo(kOutputBytes);
    flooded = pulse.beat(beats);
    // The kernel's buffers are full by then, and kithd's limit is passed for each of them.
    riseTo(2 * kOutputBytes + kKernelBytes);
    require(flood.failed() == 0, "the sender was told of an error");
  }
  const int code = slow.readToEnd();
  std::size_t told = 0;
  for (RawPeer& reader : mute) told += reader.readToEnd() == 1013 ? 1 : 0;
  const std::size_t grown = most - before;
  const std::size_t bound = (count + 1) * 2 * (kOutputBytes >> 10) + kSlackKb;
  std::printf(
      "slow-reader: %zu readers that never read, output_bytes %zu MB: kithd grew by at most "
      "%.1f MB from %.1f MB; all were closed, %zu of them in time to read 1013, a slow one with "
      "%d; "
      "another peer's messages took p50/p99 %.2f/%.2f ms before, %.2f/%.2f ms meanwhile\n",
      count, kOutputBytes >> 20, static_cast<double>(grown) / 1024,
      static_cast<double>(before) / 1024, told, code, part(calm, 0.5), part(calm, 0.99),
      part(flooded, 0.5), part(flooded, 0.99));
  require(pulse.disconnects() == 0, "somebody else was disconnected");
  // A sanitizer may make it so slow that it does not move within kithd's two seconds.
  require(code == 1013 || sanitized(), "a slow reader was not closed with 1013");
  require(sanitized() || grown < bound, "kithd keeps too much for those who do not read");
}

}  // namespace kith::stress
