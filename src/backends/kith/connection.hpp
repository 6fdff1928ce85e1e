// SPDX-License-Identifier: Apache-2.0
// One connection to the server at a time, as frames instead of bytes: the only place where bytes
// meet meaning. Owned by EngineOutput; loop thread only.
#pragma once

#include <kith/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "backends/kith/context.hpp"
#include "protocol/avos/frame.hpp"
#include "protocol/leancloud/messages.hpp"

namespace kith::backends {

/// Hears the connection.
class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
  /// `knows_conversations`: the server speaks `kith.json.1`.
  virtual void onUp(bool knows_conversations) = 0;
  /// What `frame` views is used up when this returns.
  virtual void onFrame(const avos::Frame& frame) = 0;
  virtual void onCommand(const leancloud::Command& command) = 0;
  /// The server sent what is no frame.
  virtual void onGarbage(const Error& error) = 0;
  virtual void onHeard() = 0;
  virtual void onDown(int code, const Error& error) = 0;
  virtual void onInputEnd() = 0;
};

class Connection {
 public:
  Connection(const Context& context, ConnectionUser& user);
  ~Connection();

  /// An earlier connection is dropped.
  void open(const std::string& url);
  void send(const avos::Frame& frame);
  void send(const leancloud::Command& command);
  void ping();
  /// Politely: onDown() follows.
  void close(std::uint16_t code, std::string_view reason);
  /// Nothing more is heard of it.
  void drop();

 private:
  class Line;

  const Context& context_;
  ConnectionUser& user_;
  std::unique_ptr<Line> line_;
};

}  // namespace kith::backends
