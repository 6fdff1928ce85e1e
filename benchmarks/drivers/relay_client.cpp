// SPDX-License-Identifier: Apache-2.0
// The raw relays' protocol, which is as little as does the work; one letter starts a text frame.
//   L<name>        log in         -> l
//   J              join the group -> j
//   D<to> <body>   to a peer      -> a here, m<body> there
//   G<body>        to the group   -> a here, m<body> to all members but the sender
#include "benchmarks/drivers/protocols.hpp"
#include "benchmarks/drivers/ws_client.hpp"

namespace kith::bench {
namespace {

class RelayClient final : public WsClient {
 public:
  explicit RelayClient(const ClientArgs& args)
      : WsClient(args.loop, args.server, args.index, args.name, args.role, args.listener, "/") {}

  void send(std::string_view to, std::string_view body) override { sendText({"D", to, " ", body}); }
  void speak(std::string_view body) override { sendText({"G", body}); }

 private:
  void opened() override { sendText({"L", name()}); }

  void text(std::string_view frame) override {
    switch (frame.empty() ? '\0' : frame.front()) {
      case 'm': return heard(frame.substr(1));
      case 'a': return accepted();
      case 'l': return role().member ? sendText({"J"}) : ready();
      case 'j': return ready();
      default: return lose("not a frame of the relay's");
    }
  }
};

}  // namespace

std::unique_ptr<Client> makeRelayClient(const ClientArgs& args) {
  return std::make_unique<RelayClient>(args);
}

}  // namespace kith::bench
