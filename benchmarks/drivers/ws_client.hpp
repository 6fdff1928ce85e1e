// SPDX-License-Identifier: Apache-2.0
// A client whose protocol lives in WebSocket frames (RFC 6455).
#pragma once

#include <initializer_list>

#include "benchmarks/drivers/client.hpp"

namespace kith::bench {

class WsClient : public Client {
 public:
  /// `path` is what the handshake asks for, and `subprotocol` the only one that will do; both must
  /// outlive the client.
  WsClient(Loop& loop, const sockaddr_in& server, std::size_t index, std::string name, Role role,
           Listener& listener, std::string_view path, std::string_view subprotocol = {});

 protected:
  /// The handshake is done.
  virtual void opened() = 0;
  virtual void text(std::string_view frame);
  virtual void binary(std::string_view frame);
  /// One text frame out of these parts.
  void sendText(std::initializer_list<std::string_view> parts);
  void sendBinary(std::string_view frame);

 private:
  void connected() override;
  std::size_t received(std::string_view bytes) override;
  std::size_t shakeHands(std::string_view bytes);
  void frame(unsigned opcode, std::string_view payload);
  void sendFrame(unsigned opcode, std::initializer_list<std::string_view> parts);

  std::string_view path_;
  std::string_view subprotocol_;
  bool open_{false};
};

}  // namespace kith::bench
