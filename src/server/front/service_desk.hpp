// SPDX-License-Identifier: Apache-2.0
// Commands of apps' own servers that the hub has (decision 039): each under a number of its own,
// with the HTTP request that its answer is for. Owned by the front, loop thread only.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/server/listener.hpp"
#include "server/core/hub.hpp"
#include "server/dialects/service/service_dialect.hpp"

namespace kith::front {

class ServiceDesk {
 public:
  /// What answers are written in.
  core::Dialect& dialect() { return dialect_; }
  std::size_t size() const { return commands_.size(); }
  core::ConnectionId add(net::RequestId request) {
    commands_.emplace(++last_, request);
    return last_;
  }

  struct Answer {
    net::RequestId request;
    net::HttpReply reply;
  };
  /// The hub has answered; nullopt when it did before.
  std::optional<Answer> finish(core::ConnectionId command,
                               std::initializer_list<std::string_view> parts) {
    const auto found = commands_.find(command);
    if (found == commands_.end()) return std::nullopt;
    const net::RequestId request = found->second;
    commands_.erase(found);
    std::string bytes;
    for (const std::string_view part : parts) bytes += part;
    const dialects::ServiceAnswer answer = dialects::readServiceAnswer(bytes);
    return Answer{request, {answer.status, "application/json", std::string(answer.body), 0}};
  }

 private:
  dialects::ServiceDialect dialect_{core::kDialects - 1};
  std::unordered_map<core::ConnectionId, net::RequestId> commands_;
  core::ConnectionId last_{0};
};

}  // namespace kith::front
