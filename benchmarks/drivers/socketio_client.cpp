// SPDX-License-Identifier: Apache-2.0
// socket.io 4 (engine.io 4 over WebSocket, no polling first). The answer to an event with an
// acknowledgement is the acceptance. Events: l (log in, with the name), j (join), d (to, body),
// g (body); m (body) from the server.
#include <string>

#include "benchmarks/drivers/protocols.hpp"
#include "benchmarks/drivers/ws_client.hpp"

namespace kith::bench {
namespace {

constexpr std::string_view kPath = "/socket.io/?EIO=4&transport=websocket";

class SocketIoClient final : public WsClient {
 public:
  explicit SocketIoClient(const ClientArgs& args)
      : WsClient(args.loop, args.server, args.index, args.name, args.role, args.listener, kPath) {}

  void send(std::string_view to, std::string_view body) override {
    sendText({"42", std::to_string(next_++), "[\"d\",\"", to, "\",\"", body, "\"]"});
  }
  void speak(std::string_view body) override {
    sendText({"42", std::to_string(next_++), "[\"g\",\"", body, "\"]"});
  }

 private:
  void opened() override {
    steps_ = 0;
    next_ = 0;
  }

  void text(std::string_view frame) override {
    constexpr std::string_view kMessage = "42[\"m\",\"";
    if (frame.substr(0, kMessage.size()) == kMessage) {
      return heard(frame.substr(kMessage.size(), frame.size() - kMessage.size() - 2));
    }
    if (frame == "2") return sendText({"3"});
    if (frame.substr(0, 2) == "43" && steps_ == 0) return accepted();
    if (frame.front() == '0') return sendText({"40"});
    if (frame.substr(0, 2) == "40") {
      steps_ = role().member ? 2 : 1;
      sendText({"42", std::to_string(next_++), "[\"l\",\"", name(), "\"]"});
      if (role().member) sendText({"42", std::to_string(next_++), "[\"j\"]"});
      return;
    }
    if (frame.substr(0, 2) != "43") return lose("not a frame that belongs here");
    if (--steps_ == 0) ready();
  }

  int steps_{0};  ///< answers that belong to the login
  std::uint64_t next_{0};
};

}  // namespace

std::unique_ptr<Client> makeSocketIoClient(const ClientArgs& args) {
  return std::make_unique<SocketIoClient>(args);
}

}  // namespace kith::bench
