// SPDX-License-Identifier: Apache-2.0
// One connection: from the name to the last byte. Shared by the Transport in the driver's hands and
// by libwebsockets, either of which may let go first. Loop thread only.
//
//   Resolving -> Connecting -> Up -> Closing -> Done      every state -> Done
//                  ^     |
//                  +-----+ the next address
#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/url.hpp"
#include "net/loop.hpp"
#include "net/resolver.hpp"
#include "net/timers.hpp"
#include "net/vhosts.hpp"
#include "net/ws_frame.hpp"

namespace kith::net {

class Core;

class Link : public std::enable_shared_from_this<Link> {
 public:
  /// Bytes handed to libwebsockets at a time, more or less: it copies what the kernel does not
  /// take.
  static constexpr std::size_t kMaxWrite = 128 * 1024;
  /// Read at a time: the context's and the protocol's buffer must both be that large, or messages
  /// come in pieces and slower (design §5).
  static constexpr std::size_t kReadBuffer = 65536;

  Link(Core& core, ConnectRequest request, TransportHandler& handler);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void begin();
  void send(Opcode opcode, std::string_view payload);
  void close(std::uint16_t code, std::string_view reason);
  std::size_t bufferedBytes() const;
  /// The Transport was deleted: close at once and say nothing.
  void abandon();
  /// The loop ends: the same, but the context goes as a whole.
  void silence() { handler_ = nullptr; }
  void turnEnds();

  /// What libwebsockets calls, for every link.
  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                      std::size_t size);

 private:
  enum class Phase { Resolving, Connecting, Up, Closing, Done };

  // Until the connection is up (link.cpp).
  void lookUpTarget();
  void resolved(Addresses answer);
  VhostKey vhostKey(const std::string& address) const;
  void tryAddress();
  void attemptEnded();
  void giveUp(Error error);
  void tooLate();
  Error connectError(std::string_view text, unsigned status) const;
  void askWhyProxyRefused();
  int verifyCertificate(void* store_context, bool good);

  // Afterwards (link_io.cpp).
  int handle(lws* wsi, lws_callback_reasons reason, void* in, std::size_t size);
  int up(lws* wsi);
  int received(char* data, std::size_t size);
  int deliver(char* frame, std::size_t size);
  int tooLong();
  int heard();
  int peerCloses(std::string_view payload);
  int writeOut();
  void askToWrite();
  void gone();
  void report(int code, Error error);
  void kill();

  std::string where() const;
  bool proxied() const { return !request_.proxy.url.empty(); }
  const std::string& tlsName() const;

  Core& core_;
  TransportHandler* handler_;  // null when there is nobody left to tell
  const ConnectRequest request_;
  Phase phase_{Phase::Resolving};
  base::Url url_;
  base::Url proxy_;
  std::vector<std::string> addresses_;
  std::size_t next_address_{0};
  std::shared_ptr<Vhost> vhost_;
  lws* wsi_{nullptr};
  bool inside_connect_{false};  // lws_client_connect_via_info() is on the stack
  bool tcp_up_{false};
  bool tls_up_{false};
  bool ask_proxy_{false};
  bool explained_{false};  // CLIENT_CONNECTION_ERROR came and set error_
  CertificateFault fault_;
  Error error_;        // what ended the last attempt, or the connection
  int close_code_{0};  // the peer's
  base::Millis deadline_{0};
  Alarm alarm_;

  std::string out_;
  std::size_t written_{0};        // of out_
  std::deque<std::size_t> cuts_;  // ends of frames, kMaxWrite or more apart; empty = the end
  std::size_t handed_{0};         // by the last write
  bool write_asked_{false};
  std::string joined_;  // the beginning of a message in pieces
  bool touched_{false};
};

}  // namespace kith::net
