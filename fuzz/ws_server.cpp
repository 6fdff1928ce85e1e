// SPDX-License-Identifier: Apache-2.0
// Any bytes to the port of a real server: HTTP, handshakes and frames. What comes back is always
// HTTP or good frames, and a pair of clients that was there all the time goes on being served.
//
// The input: one byte of switches (1: the handshake is made for it, 2 and 4: in how many pieces it
// goes, 8: a session is opened for it), then the bytes.
#include <kith/server.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "loopback.hpp"
#include "sign/secure_random.hpp"
#include "ws/ws_frame.hpp"

namespace {

using kith::fuzzing::Frame;
using kith::fuzzing::require;
using kith::fuzzing::Socket;

constexpr int kInputsPerCheck = 16;

std::string textFrame(std::string_view text) {
  std::string frame;
  kith::ws::appendMaskedFrame(frame, kith::ws::Opcode::Text, text, {});
  return frame;
}

std::string openFrame(std::string_view peer) {
  return textFrame(R"({"cmd":"session","op":"open","appId":"app","peerId":")" + std::string(peer) +
                   "\"}");
}

/// A client that does what it should.
class Client {
 public:
  explicit Client(std::uint16_t port, const std::string& peer)
      : peer_(peer), socket_(Socket::connectTo(port)) {
    socket_.send(
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    require(!socket_.receiveHead(bytes_).empty(), "a good handshake was refused");
  }
  void open() {
    socket_.send(openFrame(peer_));
    await("\"opened\"");
  }
  void say(std::string_view text) { socket_.send(textFrame(text)); }
  /// Skips frames until one has this in it.
  void await(std::string_view part) {
    for (;;) {
      std::string_view rest = bytes_;
      Frame frame;
      while (!kith::fuzzing::takeFrame(rest, frame)) {
        const std::string more = socket_.receive();
        require(!more.empty(), "a well-behaved connection was dropped");
        bytes_ += more;
        rest = bytes_;
      }
      bytes_.erase(0, bytes_.size() - rest.size());
      require(frame.opcode != 8, "a well-behaved connection was closed");
      if (frame.payload.find(part) != std::string::npos) return;
    }
  }
  Socket& socket() { return socket_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string peer_;
  Socket socket_;
  std::string bytes_;
};

class World {
 public:
  World() {
    // OpenSSL must be there before us, or it ends before the server's thread does.
    unsigned char byte = 0;
    kith::sign::SecureRandom().fill(&byte, 1);
    kith::ServerOptions options;
    options.apps.resize(1);
    options.apps[0].id = "app";
    options.apps[0].require_watch = kith::RequireWatch::Off;
    options.output_bytes = 1u << 20;
    auto started = kith::Server::start(options);
    require(started.ok(), "the server does not start");
    server_ = std::move(started).value();
    const std::string address = server_->address();
    port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    sender_ = std::make_unique<Client>(port_, "well-behaved-1");
    receiver_ = std::make_unique<Client>(port_, "well-behaved-2");
    sender_->open();
    receiver_->open();
  }

  void run(unsigned switches, std::string_view bytes) {
    if ((switches & 1) != 0) {
      Client client(port_, "guest");
      if ((switches & 8) != 0) client.open();
      client.socket().sendInPieces(bytes, switches >> 1);
      client.socket().endSending();
      kith::fuzzing::requireGoodFrames(client.bytes() + client.socket().receiveAll(), false);
    } else {
      Socket socket = Socket::connectTo(port_);
      socket.sendInPieces(bytes, switches >> 1);
      socket.endSending();
      requireGoodAnswer(socket.receiveAll());
    }
    if (++inputs_ % kInputsPerCheck == 0) serveBystanders();
  }

 private:
  static void requireGoodAnswer(const std::string& answer) {
    if (answer.empty()) return;
    require(answer.starts_with("HTTP/1."), "an answer that is no HTTP");
    if (!answer.starts_with("HTTP/1.1 101")) return;
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string::npos) return;
    kith::fuzzing::requireGoodFrames(std::string_view(answer).substr(end + 4), false);
  }

  void serveBystanders() {
    const std::string text = "message " + std::to_string(inputs_) + ".";
    receiver_->say("{}");
    sender_->say(R"({"cmd":"direct","appId":"app","peerId":"well-behaved-1","transient":true,)"
                 R"("toPeerIds":["well-behaved-2"],"msg":")" +
                 text + "\"}");
    receiver_->await(text);
    sender_->say("{}");
    sender_->await("{}");
  }

  std::unique_ptr<kith::Server> server_;
  std::uint16_t port_{0};
  std::unique_ptr<Client> sender_;
  std::unique_ptr<Client> receiver_;
  std::uint64_t inputs_{0};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size == 0) return 0;
  world.run(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
