// SPDX-License-Identifier: Apache-2.0
// kith listen: prints what happens to a peer.
#include "tools/commands.hpp"
#include "tools/peer_client.hpp"

namespace kith::tools {

int runListen(const Settings& settings, const ListenArgs& args) {
  const auto printer = std::make_shared<EventPrinter>(settings.json, false);
  const auto client = PeerClient::make(settings, args.peer, printer);
  if (!client) return 1;
  const auto deadline =
      args.timeout_s > 0
          ? std::chrono::steady_clock::now() +
                std::chrono::milliseconds(static_cast<std::int64_t>(args.timeout_s * 1000))
          : SteadyTime::max();
  if (!client->open(args.watch.empty() ? std::vector<std::string>{} : splitPeers(args.watch))) {
    return client->loop().interrupted() ? 0 : 1;
  }
  const auto enough = [&] { return args.count > 0 && printer->messages() >= args.count; };
  const bool ended =
      client->loop().runUntil([&] { return enough() || printer->closed().has_value(); }, deadline);
  if (enough() || client->loop().interrupted()) return 0;
  if (ended) {
    const auto& cause = printer->closed()->cause;
    return cause ? complain("the session was closed", *cause) : complain("the session was closed");
  }
  if (args.count == 0) return 0;
  return complain("only " + std::to_string(printer->messages()) + " of " +
                  std::to_string(args.count) + " messages came in time");
}

}  // namespace kith::tools
