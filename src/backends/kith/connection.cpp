// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/connection.hpp"

#include <kith/limits.hpp>

#include <utility>

#include "base/redact.hpp"
#include "protocol/avos/codec.hpp"
#include "protocol/kith/subprotocol.hpp"
#include "protocol/leancloud/codec.hpp"

namespace kith::backends {

/// The transport and the handler at it. When it is no longer wanted it is silenced at once and dies
/// a little later, because its own callback may be on the stack.
class Connection::Line final : public net::TransportHandler {
 public:
  explicit Line(Connection& connection) : connection_(&connection) {}
  void attach(std::unique_ptr<net::Transport> transport) { transport_ = std::move(transport); }
  net::Transport& transport() { return *transport_; }
  void silence() { connection_ = nullptr; }

  void onUp() override {
    if (connection_ != nullptr) connection_->user_.onUp(transport_->agreed());
  }
  void onFrame(char* frame, std::size_t size) override {
    if (connection_ == nullptr) return;
    if (transport_->agreed() && subprotocol::isCurrent({frame, size})) {
      return readCommand({frame, size});
    }
    // All managers of an io thread share it: what the frame views is used up when this returns.
    static thread_local avos::Decoder decoder;
    Result<avos::Frame> decoded = decoder.decode(frame, size);
    if (decoded.ok()) {
      connection_->user_.onFrame(*decoded);
    } else {
      connection_->user_.onGarbage(decoded.error());
    }
  }
  void onHeard() override {
    if (connection_ != nullptr) connection_->user_.onHeard();
  }
  void onDown(int code, Error error) override {
    if (connection_ == nullptr) return;
    Connection& connection = *connection_;
    connection.drop();
    connection.user_.onDown(code, error);
  }
  void onTurnEnd() override {
    if (connection_ != nullptr) connection_->user_.onInputEnd();
  }

 private:
  void readCommand(std::string_view frame) {
    static thread_local leancloud::Decoder decoder;
    const Result<leancloud::Command> decoded = decoder.decode(leancloud::Encoding::Json, frame);
    if (decoded.ok()) {
      connection_->user_.onCommand(*decoded);
    } else {
      connection_->user_.onGarbage(decoded.error());
    }
  }

  Connection* connection_;
  std::unique_ptr<net::Transport> transport_;
};

Connection::Connection(const Context& context, ConnectionUser& user)
    : context_(context), user_(user) {}

Connection::~Connection() { drop(); }

void Connection::open(const std::string& url) {
  drop();
  const Options& options = context_.options();
  context_.log().log(LogLevel::Debug, "client",
                     [&] { return "connecting to " + base::redactUrl(url); });
  net::ConnectRequest request;
  request.url = url;
  request.tls = options.tls;
  request.proxy = options.proxy;
  request.timeout = options.connect_timeout;
  request.max_frame_bytes = limits::kClientFrameBytes;
  request.subprotocol = subprotocol::kName;
  context_.warnOfAnyCertificate(url);
  line_ = std::make_unique<Line>(*this);
  line_->attach(context_.loop().connect(request, *line_));
}

void Connection::send(const avos::Frame& frame) {
  if (line_ == nullptr) return;
  // All managers of an io thread share these: the transport copies what it gets.
  static thread_local avos::Encoder encoder;
  static thread_local std::string bytes;
  bytes.clear();
  encoder.encode(frame, bytes);
  line_->transport().send(bytes);
}

void Connection::send(const leancloud::Command& command) {
  if (line_ == nullptr) return;
  static thread_local leancloud::Encoder encoder;
  std::string bytes;
  encoder.encode(command, leancloud::Encoding::Json, bytes);
  line_->transport().send(bytes);
}

void Connection::ping() {
  if (line_ != nullptr) line_->transport().ping();
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  if (line_ != nullptr) line_->transport().close(code, reason);
}

void Connection::drop() {
  if (line_ == nullptr) return;
  line_->silence();
  context_.loop().dropLater(std::move(line_));
}

}  // namespace kith::backends
