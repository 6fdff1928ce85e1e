// SPDX-License-Identifier: Apache-2.0
// One connection: from the name to the last byte. Shared by the Transport in the driver's hands and
// by libwebsockets, either of which may let go first. Loop thread only.
//
//   Resolving -> Connecting -> Up -> Closing -> Done      every state -> Done
//                  ^     |
//                  +-----+ the next address; or, with a proxy, the connection that curl brings
#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/url.hpp"
#include "net/client/loop.hpp"
#include "net/client/resolver.hpp"
#include "net/client/timers.hpp"
#include "net/client/tunnel.hpp"
#include "net/client/vhosts.hpp"
#include "ws/ws_frame.hpp"
#include "ws/ws_reader.hpp"

namespace kith::net {

class LoopCore;

class ClientSocket : public std::enable_shared_from_this<ClientSocket>, private ws::WsSink {
 public:
  /// Bytes handed to libwebsockets at a time: it copies what the kernel does not take.
  static constexpr std::size_t kMaxWrite = 128 * 1024;
  /// Bytes read at a time, into a buffer of the core's.
  static constexpr std::size_t kReadBuffer = 65536;

  ClientSocket(LoopCore& core, ConnectRequest request, TransportHandler& handler);
  ~ClientSocket() override;
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  void begin();
  void send(ws::Opcode opcode, std::string_view payload);
  void close(std::uint16_t code, std::string_view reason);
  std::size_t bufferedBytes() const;
  /// The server speaks the subprotocol that was offered. Known once it is up.
  bool agreed() const { return agreed_; }
  /// The Transport was deleted: close at once, without onDown().
  void abandon();
  /// The loop ends: the same, but the context goes as a whole.
  void silence() { handler_ = nullptr; }
  void turnEnds();
  /// Hands libwebsockets what waits, as far as it may: once a turn, at its end.
  void flush();

  /// What libwebsockets calls, for every socket.
  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                      std::size_t size);

 private:
  enum class Phase { Resolving, Connecting, Up, Closing, Done };

  // Until the connection is up (client_socket.cpp).
  void lookUpTarget();
  void resolved(Addresses answer);
  void askProxy();
  void goThrough(std::shared_ptr<Tunnel> tunnel);
  VhostKey vhostKey() const;
  void tryAddress();
  void connectTo(const std::string& address);
  void tcpUp(lws* wsi);
  void attemptEnded();
  void giveUp(Error error);
  void tooLate();
  Error connectError(std::string_view text, unsigned status) const;
  int verifyCertificate(void* store_context, bool good);
  void connectFailed(lws* wsi, const void* text, std::size_t size);
  int askForUpgrade(char** end, std::size_t room);
  int judgeAnswer(lws* wsi);

  // Afterwards (client_socket_io.cpp).
  int handle(lws* wsi, lws_callback_reasons reason, void* in, std::size_t size);
  int up(lws* wsi);
  void readSome();
  int take(char* bytes, std::size_t size);
  bool onMessage(char* bytes, std::size_t size, ws::FrameKind kind) override;
  bool onTooLong(ws::FrameKind kind) override;
  bool onControl(ws::Opcode opcode, std::string_view payload) override;
  void pong(std::string_view payload);
  void peerCloses(std::string_view payload);
  void refuse(std::uint16_t code, std::string_view reason, const std::string& what);
  void touch();
  void queue(ws::Opcode opcode, std::string_view payload);
  bool waits() const;
  void flushSoon();
  bool writeOut();
  void giveBufferBack();
  void gone();
  void report(int code, Error error);
  void kill();

  /// What is needed until the connection is up, and goes then: most connections are just there.
  struct Start {
    explicit Start(ConnectRequest what) : request(std::move(what)) {}
    const ConnectRequest request;
    base::Url url;
    base::Url proxy;
    std::vector<std::string> addresses;
    std::size_t next_address{0};
    base::Millis deadline{0};
    bool inside_connect{false};  // lws_client_connect_via_info() is on the stack
    bool tcp_up{false};
    bool tls_up{false};
    bool explained{false};  // CLIENT_CONNECTION_ERROR came and set error_
    CertificateFault fault;
    std::string key;                 // of the handshake
    std::shared_ptr<Tunnel> tunnel;  // through the proxy, once it agreed
  };

  bool proxied() const { return !start_->request.proxy.url.empty(); }
  const std::string& tlsName() const;

  LoopCore& core_;
  TransportHandler* handler_;  // null once onDown() was called or the Transport is gone
  const bool accepts_any_;     // certificate
  const std::size_t max_frame_bytes_;
  std::unique_ptr<Start> start_;  // null once it has been up
  Phase phase_{Phase::Resolving};
  bool tls_{false};
  std::string where_;  // host and port
  std::shared_ptr<Vhost> vhost_;
  lws* wsi_{nullptr};
  Error error_;        // what ended the last attempt, or why it is closing
  int close_code_{0};  // the peer's
  Alarm alarm_;

  bool agreed_{false};
  bool headers_{false};   // libwebsockets keeps those of the answer
  bool answered_{false};  // the peer's close frame: nothing is left but to send that
  ws::WsReader reader_;
  std::string out_;
  std::size_t written_{0};           // of out_
  std::size_t handed_{0};            // by the last write
  std::optional<std::string> pong_;  // the last one that found the way blocked
  std::size_t read_{0};              // by the last read
  bool flush_soon_{false};
  bool touched_{false};
};

}  // namespace kith::net
