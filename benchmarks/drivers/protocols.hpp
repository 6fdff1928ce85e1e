// SPDX-License-Identifier: Apache-2.0
// The protocols that the driver speaks; each is one file that ends in its maker.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/drivers/client.hpp"

namespace kith::bench {

/// What every maker needs.
struct ClientArgs {
  Loop& loop;
  const sockaddr_in& server;
  std::size_t index;
  std::string name;
  Role role;
  Listener& listener;
};

using Maker = std::unique_ptr<Client> (*)(const ClientArgs&);

/// relay, mqtt, nats, jetstream, redis, socketio, avos or current; null for anything else.
Maker findProtocol(std::string_view name);

std::unique_ptr<Client> makeAvosClient(const ClientArgs& args);
/// For Role::reads: history goes over HTTP in v1.
std::unique_ptr<Client> makeAvosHistory(const ClientArgs& args);
/// Ids of the groups that clients of v1 have made, in that order.
std::vector<std::string>& avosGroups();
std::unique_ptr<Client> makeCurrentClient(const ClientArgs& args);
std::unique_ptr<Client> makeJetStreamClient(const ClientArgs& args);
std::unique_ptr<Client> makeMqttClient(const ClientArgs& args);
std::unique_ptr<Client> makeNatsClient(const ClientArgs& args);
std::unique_ptr<Client> makeRedisClient(const ClientArgs& args);
std::unique_ptr<Client> makeRelayClient(const ClientArgs& args);
std::unique_ptr<Client> makeSocketIoClient(const ClientArgs& args);

}  // namespace kith::bench
