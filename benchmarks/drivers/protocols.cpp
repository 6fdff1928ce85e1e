// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/drivers/protocols.hpp"

#include <map>

namespace kith::bench {

Maker findProtocol(std::string_view name) {
  static const std::map<std::string_view, Maker> protocols{
      {"avos", makeAvosClient},           {"current", makeCurrentClient},
      {"jetstream", makeJetStreamClient}, {"mqtt", makeMqttClient},
      {"nats", makeNatsClient},           {"redis", makeRedisClient},
      {"relay", makeRelayClient},         {"socketio", makeSocketIoClient}};
  const auto found = protocols.find(name);
  return found == protocols.end() ? nullptr : found->second;
}

}  // namespace kith::bench
