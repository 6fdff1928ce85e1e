// SPDX-License-Identifier: Apache-2.0
// One client on one TCP connection. What all protocols share is here; each protocol adds how to log
// in, to send and to read. Everything runs on the loop's thread.
#pragma once

#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/drivers/loop.hpp"
#include "benchmarks/drivers/stream.hpp"

namespace kith::bench {

class Client;

/// A work that hears its clients.
class Listener {
 public:
  virtual ~Listener() = default;
  /// The client is logged in: what is sent to it from now on reaches it.
  virtual void onReady(Client& client) = 0;
  /// The server has accepted the oldest unanswered message of this client.
  virtual void onAccepted(Client& client) = 0;
  virtual void onHeard(Client& client, std::string_view body) = 0;
  /// After meet() or gather(): what was to be made is there.
  virtual void onMade(Client& client) = 0;
  /// Messages wait for it in so many conversations: a protocol that counts them says so, and need
  /// not send them.
  virtual void onUnread(Client& client, std::size_t conversations) = 0;
  /// The answer to readPage().
  virtual void onPage(Client& client, std::size_t messages) = 0;
  /// The connection is gone, or the server said something that should not be.
  virtual void onLost(Client& client, std::string_view why) = 0;
};

/// What a client is there for; protocols that subscribe need to know it beforehand.
struct Role {
  bool hears{true};    ///< takes messages that are sent to its name
  bool member{false};  ///< hears the group
  bool speaks{false};  ///< speaks to the group
  bool kept{false};    ///< messages wait for it while it is away
  bool known{false};   ///< was there before, so that its queue exists
  bool reads{false};   ///< reads pages of history, and nothing else
};

class Client : private Source {
 public:
  Client(Loop& loop, const sockaddr_in& server, std::size_t index, std::string name, Role role,
         Listener& listener);
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::size_t index() const { return index_; }
  const std::string& name() const { return name_; }

  /// Begins to connect and to log in; onReady() or onLost() follows.
  void connect();
  /// Closes at once; nothing is heard of it any more.
  void disconnect();
  /// Sends an acknowledged message to a peer.
  virtual void send(std::string_view to, std::string_view body) = 0;
  /// Sends an acknowledged message to the one group that there is.
  virtual void speak(std::string_view body) = 0;

  /// Before the first send() to a peer: makes what a protocol needs for that beforehand, so that
  /// sending is all that is measured. onMade() follows.
  virtual void meet(std::string_view peer);
  /// Makes a group of itself and these, which speakIn() names by the order they were made in.
  /// onMade() follows. Of protocols whose groups have members of their own.
  virtual void gather(const std::vector<std::string>& members);
  virtual void speakIn(std::size_t gathered, std::string_view body);
  /// The newest messages before this time (ms since 1970) of the first group that any client has
  /// gathered. onPage() follows.
  virtual void readPage(std::int64_t before, std::size_t messages);

 protected:
  /// The socket is connected: begin to log in. State of an earlier connection is to be forgotten.
  virtual void connected() = 0;
  /// Takes whole protocol elements off the front of `bytes`; returns how many bytes it used.
  virtual std::size_t received(std::string_view bytes) = 0;
  /// All input of the turn has been handed over.
  virtual void turnOver() {}

  const Role& role() const { return role_; }
  bool isConnected() const { return fd_ >= 0 && !connecting_ && !shaking_; }
  /// Append here; it leaves at the end of the turn.
  std::string& out();
  void ready() { listener_.onReady(*this); }
  void accepted() { listener_.onAccepted(*this); }
  void heard(std::string_view body) { listener_.onHeard(*this, body); }
  void made() { listener_.onMade(*this); }
  void unread(std::size_t conversations) { listener_.onUnread(*this, conversations); }
  void page(std::size_t messages) { listener_.onPage(*this, messages); }
  /// Closes and tells the listener.
  void lose(std::string_view why);

 private:
  void ready(std::uint32_t events) override;
  void turnEnded() override;
  void finishConnecting();
  void shakeHands();
  void read();
  void feed(std::string_view bytes);
  void flush();

  Loop& loop_;
  const sockaddr_in& server_;
  std::size_t index_;
  std::string name_;
  Role role_;
  Listener& listener_;
  int fd_{-1};
  Stream stream_;
  bool connecting_{false};
  bool shaking_{false};
  bool dirty_{false};
  bool blocked_{false};
  std::string rest_;  ///< a piece of an element whose other bytes have not come yet
  std::string out_;
};

}  // namespace kith::bench
