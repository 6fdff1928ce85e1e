// SPDX-License-Identifier: Apache-2.0
// A hub with a storage in memory, six clients that say anything, and a pair of well-behaved ones.
// What breaks a promise of hub.hpp, or of avos-v1 §3.2, stops the fuzzer.
//
// A script has one line a step: the connection, what, and the rest of the line.
//   A>{...}  one frame in a turn of its own     A:{...}  one frame, the turn goes on
//   A!       the connection is gone             A~       it is there, anew
//   A=       it has read everything             A?       it was heard
//   A+123    so many milliseconds pass
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/avos/codec.hpp"
#include "server/core/hub.hpp"
#include "server/dialects/avos/avos_dialect.hpp"

namespace kith::fuzzing {

/// Stops the fuzzer, in every build type.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "fuzz: broken: " << what << '\n';
  std::abort();
}

/// The serial of a frame as text; `{}` for a heartbeat; empty when there is none.
inline std::string serialOf(const avos::Frame& frame) {
  if (frame.is<avos::Heartbeat>()) return "{}";
  switch (frame.i.kind) {
    case avos::Serial::Kind::Integer: return 'n' + std::to_string(frame.i.number);
    case avos::Serial::Kind::Text: return 't' + std::string(frame.i.text);
    default: return {};
  }
}

class HubScript final : private core::Output {
 public:
  static constexpr core::ConnectionId kClients = 6;
  static constexpr core::ConnectionId kSender = 7;  // the well-behaved pair
  static constexpr core::ConnectionId kReceiver = 8;

  explicit HubScript(core::HubOptions options)
      : storage_(storage::makeMemoryStorage([] {})),
        hub_(std::move(options), *this, *storage_, random_) {
    for (const auto id : {kSender, kReceiver}) {
      connect(id);
      open(id);
    }
    serveBystanders();
  }

  void run(std::string_view script) {
    while (!script.empty()) {
      const std::size_t end = std::min(script.find('\n'), script.size());
      step(script.substr(0, end));
      script.remove_prefix(std::min(end + 1, script.size()));
    }
    settle();
    serveBystanders();
    for (core::ConnectionId id = 0; id < clients_.size(); ++id) disconnect(id);
    settle();
    require(hub_.stats().connections == 0, "connections are left over");
    require(hub_.stats().sessions == 0, "sessions are left over");
  }

  /// Feeds one frame in a turn of its own.
  void say(core::ConnectionId id, std::string_view frame) {
    feed(id, frame);
    settle();
  }
  /// Whether the hub wants this connection closed.
  bool closed(core::ConnectionId id) const { return clients_[id].closed; }
  /// Takes what came for this connection.
  std::vector<std::string> take(core::ConnectionId id) {
    return std::exchange(clients_[id].frames, {});
  }
  void reconnect(core::ConnectionId id) {
    disconnect(id);
    connect(id);
  }
  base::Instant now() const { return {passed_, base::Millis(1412000000000) + passed_}; }
  core::Hub& hub() { return hub_; }

  /// The pair still talks: a message goes out, is acknowledged and comes in.
  void serveBystanders() {
    const std::string text = "to the bystander, " + std::to_string(++messages_);
    const std::string serial = "serial " + std::to_string(messages_);
    take(kSender);
    take(kReceiver);
    say(kSender, R"({"cmd":"direct","appId":"testapp0001","peerId":"well-behaved-7","i":")" +
                     serial + R"(","toPeerIds":["well-behaved-8"],"msg":")" + text + "\"}");
    require(!closed(kSender) && !closed(kReceiver), "a well-behaved connection was closed");
    const auto has = [](const std::vector<std::string>& frames, const std::string& part) {
      return std::any_of(frames.begin(), frames.end(), [&](const std::string& frame) {
        return frame.find(part) != std::string::npos;
      });
    };
    require(has(take(kSender), serial), "a well-behaved sender got no ack");
    require(has(take(kReceiver), text), "a well-behaved receiver got no message");
  }

 private:
  struct Client {
    bool there{false};
    bool closed{false};
    bool waits{false};
    bool undrained{false};
    std::deque<std::string> backlog;
    std::deque<std::string> serials;  // of the frames that were fed and not answered
    std::vector<std::string> frames;
  };
  static constexpr int kMostTurns = 10000;

  void step(std::string_view line) {
    if (line.size() < 2) return;
    const auto id = static_cast<core::ConnectionId>(static_cast<unsigned char>(line[0]) % kClients);
    const std::string_view rest = line.substr(2);
    Client& client = clients_[id];
    switch (line[1]) {
      case '!': disconnect(id); break;
      case '~': reconnect(id); break;
      case '=': hub_.drained(id, now()); break;  // also when nothing was written
      case '?': hub_.heard(id, now()); break;
      case '+': advance(rest); break;
      case ':':
        if (!client.there) connect(id);
        return feed(id, rest);  // in the present turn
      default:
        if (!client.there) connect(id);
        feed(id, rest);
    }
    settle();
  }

  void connect(core::ConnectionId id) {
    clients_[id] = {};
    clients_[id].there = true;
    hub_.connected(id, dialect_, now());
  }
  void disconnect(core::ConnectionId id) {
    if (!std::exchange(clients_[id].there, false)) return;
    hub_.disconnected(id, now());
  }
  void open(core::ConnectionId id) {
    say(id, R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"well-behaved-)" +
                std::to_string(id) + "\"}");
  }

  void feed(core::ConnectionId id, std::string_view frame) {
    Client& client = clients_[id];
    if (client.waits) {
      client.backlog.emplace_back(frame);
    } else {
      feedNow(id, frame);
    }
  }
  void feedNow(core::ConnectionId id, std::string_view frame) {
    Client& client = clients_[id];
    // On the heap and of the exact size, so that a byte too far is seen.
    std::vector<char> bytes(frame.begin(), frame.end());
    bytes.push_back('x');
    if (!client.closed) {
      if (const auto read = decoder_.decode(bytes.data(), frame.size())) {
        if (std::string serial = serialOf(*read); !serial.empty()) {
          client.serials.push_back(std::move(serial));
        }
      }
      std::copy(frame.begin(), frame.end(), bytes.begin());
    }
    const core::Flow flow = hub_.received(id, bytes.data(), frame.size(), now());
    client.waits = flow == core::Flow::Wait;
    require(!client.closed || !client.waits, "a closed connection waits");
  }

  void advance(std::string_view digits) {
    std::int64_t by = 0;
    for (const char c : digits.substr(0, 6)) by = by * 10 + (c >= '0' && c <= '9' ? c - '0' : 1);
    const base::Millis until = passed_ + base::Millis(by);
    // Hours may pass in a few steps: the well-behaved keep their connections alive meanwhile.
    for (int turns = 0; passed_ < until; ++turns) {
      require(turns < kMostTurns, "deadlines without end");
      for (const auto id : {kSender, kReceiver}) say(id, "{}");
      const base::Millis due = std::max(hub_.deadline(), passed_);
      passed_ = std::min({until, due, passed_ + base::Millis(100000)});
      if (hub_.deadline() > passed_) continue;
      hub_.timeReached(now());
      require(hub_.deadline() > passed_, "a deadline that does not go away");
      settle();
    }
  }

  void settle() {
    for (int quiet = 0, turns = 0; quiet < 2; ++turns) {
      require(turns < kMostTurns, "turns without end");
      hub_.endTurn(now());
      hub_.setNow(now());
      const bool moved = storage_->drain(hub_) > 0;
      quiet = feedResumed() || drainAll() || moved ? 0 : quiet + 1;
    }
    for (const Client& client : clients_) {
      if (!client.there || client.closed) continue;
      require(!client.waits, "a connection waits for ever");
      const auto& left = client.serials;
      require(std::find(left.begin(), left.end(), "{}") == left.end(), "an unanswered heartbeat");
    }
  }
  bool feedResumed() {
    const bool any = !resumed_.empty();
    while (!resumed_.empty()) {
      const core::ConnectionId id = resumed_.back();
      resumed_.pop_back();
      Client& client = clients_[id];
      require(client.waits, "resumed without having waited");
      client.waits = false;
      while (!client.waits && !client.backlog.empty()) {
        const std::string frame = std::move(client.backlog.front());
        client.backlog.pop_front();
        feedNow(id, frame);
      }
    }
    return any;
  }
  bool drainAll() {
    bool any = false;
    for (core::ConnectionId id = 0; id < clients_.size(); ++id) {
      if (!clients_[id].there || !std::exchange(clients_[id].undrained, false)) continue;
      any = true;
      hub_.drained(id, now());
    }
    return any;
  }

  void write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
             core::FrameForm) override {
    require(to < clients_.size() && clients_[to].there, "a frame to nobody");
    Client& client = clients_[to];
    require(!client.closed, "a frame after the close");
    std::string frame;
    for (const std::string_view part : parts) frame.append(part);
    std::string copy = frame + 'x';
    const auto read = reader_.decode(copy.data(), frame.size());
    require(read.ok(), "a frame that nobody can read");
    if (const std::string serial = serialOf(*read); !serial.empty()) answered(client, serial);
    client.frames.push_back(std::move(frame));
    client.undrained = true;
  }
  // Replies leave in the order of the requests, and every heartbeat has one (§3.2 R2).
  void answered(Client& client, const std::string& serial) {
    while (!client.serials.empty()) {
      const std::string next = std::move(client.serials.front());
      client.serials.pop_front();
      if (next == serial) return;
      require(next != "{}", "a heartbeat was passed over");
    }
    require(false, "a reply out of order, or to no request");
  }
  void close(core::ConnectionId id, std::uint16_t code, std::string_view reason) override {
    require(id < clients_.size() && clients_[id].there, "nobody was closed");
    require(!std::exchange(clients_[id].closed, true), "closed twice");
    require(code >= 1000 && code < 5000 && reason.size() <= 123, "a close frame that cannot be");
  }
  void resume(core::ConnectionId id) override { resumed_.push_back(id); }

  base::SeededRandom random_{7};
  avos::Decoder decoder_;
  avos::Decoder reader_;
  std::array<Client, 9> clients_{};
  std::vector<core::ConnectionId> resumed_;
  base::Millis passed_{5000};
  int messages_{0};
  std::unique_ptr<storage::Storage> storage_;
  dialects::AvosDialect dialect_{0};
  core::Hub hub_;
};

}  // namespace kith::fuzzing
