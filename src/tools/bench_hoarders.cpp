// SPDX-License-Identifier: Apache-2.0
// Attackers that make the server keep something: answers that are not read, addresses, the queues
// of a large group. What they need for it they prepare before the first step.
#include <chrono>
#include <deque>
#include <memory>

#include "tools/bench_attackers.hpp"

namespace kith::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPage = 1000;        // messages in the longest answer
constexpr std::size_t kLongText = 4700;    // bytes, near to the longest that a frame takes
constexpr std::size_t kReaders = 400;      // answers asked for and not read at a time
constexpr std::size_t kAddresses = 20000;  // or as many as this process may open
constexpr int kFirstAddress = 0x10000;     // 127.1.0.0
constexpr int kInvites = 10;               // calls, each with so many ids:
constexpr int kInvited = 95;
constexpr std::chrono::seconds kPreparing{30};

/// A session of the open app whose peer has made a group.
struct Founder {
  Founder(std::uint16_t its_port, int its_from, const std::string& peer)
      : port(its_port), from(its_from), name(peer) {
    if (!open()) return;
    say(R"("cmd":"room","op":"join")");
    const std::string key = R"("roomId":")";
    std::string seen;
    const auto end = Clock::now() + kPreparing;
    while (seen.find(key) == std::string::npos && Clock::now() < end) seen += socket->read();
    const std::size_t at = seen.find(key);
    if (at == std::string::npos) return;
    group = seen.substr(at + key.size(), seen.find('"', at + key.size()) - at - key.size());
  }
  bool open() {
    socket = std::make_unique<AttackSocket>(port, from);
    return socket->good() && socket->upgrade() && say(R"("cmd":"session","op":"open")");
  }
  std::string frame(const std::string& fields) const {
    return maskedFrame("{" + fields + R"(,"appId":"loud","peerId":")" + name + "\"}");
  }
  bool say(const std::string& fields) { return socket->send(frame(fields)); }
  std::string message(std::size_t size) const {
    return frame(R"("cmd":"direct","roomId":")" + group + R"(","msg":")" + std::string(size, 'x') +
                 '"');
  }

  std::uint16_t port;
  int from;
  std::unique_ptr<AttackSocket> socket;
  std::string name;
  std::string group;  ///< empty when it could not be made
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

/// Fills the history of a group with the longest page; the group's id, or nothing.
std::string fillPage(std::uint16_t port, int from) {
  Founder founder(port, from, "writer");
  if (founder.group.empty()) return {};
  const std::string message = founder.message(kLongText);
  std::size_t sent = 0, stored = 0;
  const auto end = Clock::now() + kPreparing;
  while (stored < kPage && Clock::now() < end) {
    for (; sent < kPage && sent < stored + 16; ++sent) {
      if (!founder.socket->send(message)) return {};
    }
    stored += count(founder.socket->read(), R"("ack")");
  }
  return founder.group;
}

}  // namespace

std::function<void()> hoardHistory(std::uint16_t port, int from) {
  const std::string group = fillPage(port, from);
  const auto readers = std::make_shared<std::deque<std::unique_ptr<AttackSocket>>>();
  const std::string ask = "GET /1.1/rtm/messages/logs?limit=1000&convid=" + group +
                          " HTTP/1.1\r\nHost: x\r\nX-LC-Id: loud\r\n\r\n";
  return [=] {
    if (readers->size() >= kReaders) readers->pop_front();
    auto reader = std::make_unique<AttackSocket>(port, from);
    if (reader->good() && reader->send(ask)) readers->push_back(std::move(reader));
  };
}

std::function<void()> holdAddresses(std::uint16_t port, int) {
  struct State {
    std::deque<std::unique_ptr<AttackSocket>> held;
    int next{kFirstAddress};
  };
  const auto state = std::make_shared<State>();
  const auto come = [=] {
    auto one = std::make_unique<AttackSocket>(port, state->next++);
    if (!one->good() || !one->upgrade()) return false;
    state->held.push_back(std::move(one));
    return true;
  };
  const auto end = Clock::now() + kPreparing;
  while (state->held.size() < kAddresses && Clock::now() < end && come()) {
  }
  return [=] {
    if (!state->held.empty()) state->held.pop_front();
    come();
  };
}

std::function<void()> floodGroup(std::uint16_t port, int from) {
  const auto founder = std::make_shared<Founder>(port, from, "founder");
  for (int call = 0; call < kInvites; ++call) {
    std::string ids;
    for (int i = 0; i < kInvited; ++i) {
      ids += (i > 0 ? ",\"" : "\"") + ("nobody" + std::to_string(call * kInvited + i)) + '"';
    }
    founder->say(R"("cmd":"room","op":"invite","roomId":")" + founder->group +
                 R"(","roomPeerIds":[)" + ids + ']');
  }
  std::string frames;
  for (int i = 0; i < 8; ++i) frames += founder->message(100);
  return [=] {
    founder->socket->discard();
    // What was sent in part is of no use any more.
    if (!founder->socket->send(frames)) founder->open();
  };
}

}  // namespace kith::tools
