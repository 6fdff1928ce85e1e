// SPDX-License-Identifier: Apache-2.0
// One accepted connection from its acceptance to its end, whatever it speaks: what the listener
// knows of it. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/server/deadline_list.hpp"
#include "net/server/http_exchange.hpp"
#include "net/server/ip_limiter.hpp"
#include "net/server/listener.hpp"
#include "net/server/proxy_header.hpp"
#include "net/server/send_buffer.hpp"
#include "net/server/stream.hpp"
#include "ws/ws_reader.hpp"

namespace kith::net {

struct Connection final : Deadline {
  enum class State : std::uint8_t {
    Http,       ///< up to its handshake, or for good
    Open,       ///< a WebSocket that the handler knows
    Closing,    ///< a close frame was sent; the handler still knows it
    Finishing,  ///< what waits is sent, then comes the end; nothing is read any more
    Lingering,  ///< all is sent; the other side is given time to go first
    Gone,       ///< closed; the memory follows at the end of the turn
  };

  Connection(SocketId number, int fd, void* tls_context, base::BufferPool& pool,
             std::size_t frame_bytes)
      : stream(fd, tls_context),
        out(pool),
        reader(ws::WsReader::Peer::Client, frame_bytes),
        id(number) {}

  /// The handler knows it.
  bool isSocket() const { return state == State::Open || state == State::Closing; }
  /// How much the other side has taken so far; counts in a ring.
  std::uint32_t taken() const {
    return out.written() - static_cast<std::uint32_t>(stream.unacknowledged());
  }
  bool readsBody() const { return http && http->readsBody(); }
  /// No further request is read for now.
  bool isAnswering() const { return http && http->request != 0; }

  Stream stream;
  SendBuffer out;
  ws::WsReader reader;
  std::unique_ptr<HttpExchange> http;         ///< there while it is needed
  std::unique_ptr<ProxyHeader> proxy_header;  ///< there until it has come
  IpAddress peer;                             ///< the other end, or the client that a proxy named
  IpAddress remote;                           ///< the client, by the last request
  AddressKey address{0};                      ///< where it is counted
  std::size_t kept{0};                        ///< bytes of output that the limiter knows of
  const SocketId id;
  std::uint32_t pace_from{0};  ///< what it had taken when this stretch of its pace began
  std::uint32_t events{0};     ///< those that the poller looks for
  State state{State::Http};
  bool from_proxy{false};      ///< `peer` may name its client
  bool refused{false};         ///< it gets an answer that says why, and is closed
  bool opened{false};          ///< it had a session
  bool answering_last{false};  ///< of Finishing: what waits ends with an answer of HTTP
  bool paused{false};
  bool ended{false};   ///< the other side sends nothing more
  bool pacing{false};  ///< it has an answer to take, and its deadline looks at how fast it does
  bool queued{false};  ///< is flushed at the end of the turn
  bool again{false};   ///< is looked at in the next turn, whatever the poller says
};

}  // namespace kith::net
