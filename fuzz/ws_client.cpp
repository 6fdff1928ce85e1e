// SPDX-License-Identifier: Apache-2.0
// Any bytes from a hostile server to a connection of the client's loop. It hears of one end, sends
// good frames only, and another connection on the same loop goes on.
//
// The input: one byte of switches (1: the handshake is answered for it, 2 and 4: in how many pieces
// it goes, 8: the client sends when it is up, 16: it closes at the first message, 32: its
// transport goes at the first message), then the bytes; $ACCEPT stands for the right answer.
#include <libwebsockets.h>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/utf8.hpp"
#include "loopback.hpp"
#include "net/client/loop.hpp"

namespace {

using kith::fuzzing::Acceptor;
using kith::fuzzing::Frame;
using kith::fuzzing::require;
using kith::fuzzing::Socket;
namespace net = kith::net;

constexpr std::size_t kMaxFrame = 4096;
constexpr int kInputsPerCheck = 16;

class Watcher final : public net::TransportHandler {
 public:
  void onUp() override {
    require(ups_++ == 0 && downs_ == 0, "up twice, or after the end");
    if ((switches & 8) != 0) transport->send("hello");
  }
  void onFrame(char* frame, std::size_t size) override {
    require(ups_ == 1 && downs_ == 0, "a frame before the beginning or after the end");
    require(size <= kMaxFrame, "a frame longer than the limit");
    frame[size] = '!';  // the spare byte is ours
    if ((switches & 16) != 0) transport->close(1000, "enough");
    if ((switches & 32) != 0) transport.reset();
    const std::lock_guard lock(mutex_);
    last_.assign(frame, size);
    gone_ = gone_ || transport == nullptr;
    changed_.notify_all();
  }
  void onHeard() override { require(downs_ == 0, "heard after the end"); }
  void onTurnEnd() override { require(downs_ == 0, "a turn after the end"); }
  void onDown(int code, kith::Error error) override {
    require(downs_++ == 0, "down twice");
    require(code >= 0 && code <= 65535, "a close code that cannot be");
    require(!error.detail.empty() && error.code != kith::Errc::Ok, "down without a reason");
    require(kith::base::isUtf8(error.detail), "an error that is no text");
    const std::lock_guard lock(mutex_);
    gone_ = true;
    changed_.notify_all();
  }

  void awaitEnd() {
    std::unique_lock lock(mutex_);
    require(changed_.wait_for(lock, kith::fuzzing::kPatience, [&] { return gone_; }),
            "no end was told");
  }
  void awaitText(const std::string& text) {
    std::unique_lock lock(mutex_);
    require(changed_.wait_for(lock, kith::fuzzing::kPatience, [&] { return last_ == text; }),
            "a well-behaved connection got no message");
    require(!gone_, "a well-behaved connection was lost");
  }

  unsigned switches{0};
  std::unique_ptr<net::Transport> transport;  // loop thread

 private:
  int ups_{0}, downs_{0};  // loop thread
  std::mutex mutex_;
  std::condition_variable changed_;
  bool gone_{false};
  std::string last_;
};

std::string acceptFor(const std::string& head) {
  const std::string name = "Sec-WebSocket-Key: ";
  const std::size_t at = head.find(name);
  require(at != std::string::npos, "a request without a key");
  const std::size_t start = at + name.size();
  const std::string key =
      head.substr(start, head.find("\r\n", start) - start) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> hash{};
  lws_SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash.data());
  std::array<char, 40> accept{};
  lws_b64_encode_string(reinterpret_cast<const char*>(hash.data()), 20, accept.data(), 40);
  return accept.data();
}

const std::string kAnswer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: $ACCEPT\r\n\r\n";

std::string withAccept(std::string text, const std::string& accept) {
  const std::size_t at = text.find("$ACCEPT");
  return at == std::string::npos ? text : text.replace(at, 7, accept);
}

class World {
 public:
  World() : loop_(net::Loop::make({})), bystander_(std::make_unique<Watcher>()) {
    connect(*bystander_);
    line_ = acceptor_.accept();
    std::string rest;
    const std::string head = line_.receiveHead(rest);
    line_.send(withAccept(kAnswer, acceptFor(head)));
  }
  ~World() {
    onLoop([this] { bystander_->transport.reset(); });
  }

  void run(unsigned switches, std::string_view bytes) {
    Watcher watcher;
    watcher.switches = switches;
    connect(watcher);
    {
      Socket socket = acceptor_.accept();
      std::string sent;
      const std::string accept = acceptFor(socket.receiveHead(sent));
      const std::string made = (switches & 1) != 0 ? kAnswer : std::string();
      socket.sendInPieces(withAccept(made + std::string(bytes), accept), switches >> 1);
      socket.endSending();
      sent += socket.receiveAll();
      kith::fuzzing::requireGoodFrames(sent, true);
    }
    watcher.awaitEnd();
    onLoop([&] { watcher.transport.reset(); });
    if (++inputs_ % kInputsPerCheck == 0) serveBystander();
  }

 private:
  template <typename What>
  void onLoop(What what) {
    std::promise<void> done;
    require(loop_->post([&] {
      what();
      done.set_value();
    }),
            "the loop has ended");
    require(done.get_future().wait_for(kith::fuzzing::kPatience) == std::future_status::ready,
            "the loop hangs");
  }
  void connect(Watcher& watcher) {
    net::ConnectRequest request;
    request.url = "ws://127.0.0.1:" + std::to_string(acceptor_.port()) + "/";
    request.max_frame_bytes = kMaxFrame;
    onLoop([&] { watcher.transport = loop_->connect(request, watcher); });
  }
  void serveBystander() {
    const std::string text = "message " + std::to_string(inputs_);
    std::string frame("\x81", 1);
    frame.push_back(static_cast<char>(text.size()));
    line_.send(frame + text);
    bystander_->awaitText(text);
    onLoop([&] { bystander_->transport->send(text); });
    std::string got;
    Frame answer;
    for (std::string_view view; !kith::fuzzing::takeFrame(view, answer); view = got) {
      const std::string more = line_.receive();
      require(!more.empty(), "a well-behaved connection was dropped");
      got += more;
    }
    require(answer.masked && answer.payload == text, "a well-behaved connection sent wrong");
  }

  Acceptor acceptor_;
  std::shared_ptr<net::Loop> loop_;
  std::unique_ptr<Watcher> bystander_;
  Socket line_;
  std::uint64_t inputs_{0};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size == 0) return 0;
  world.run(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
