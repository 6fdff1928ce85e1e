// SPDX-License-Identifier: Apache-2.0
// Requests of HTTP that need the storage: whether there is a place for one, whose turn it is, and
// how much may be read at a time. A place is taken until the storage has answered, also when the
// connection has gone: else one that asks and goes, again and again, would have no limit. Owned by
// RestApi, loop thread only.
#pragma once

#include <kith/server_limits.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

#include "net/server/listener.hpp"
#include "server/storage/storage.hpp"

namespace kith::rest {

class ReadQueue {
 public:
  /// Makes the request's answer of the storage's; nullopt: it follows.
  using Finish = std::function<std::optional<net::HttpReply>(storage::Answer&)>;
  struct Read {
    net::RequestId request{0};
    net::AddressKey from{0};
    std::size_t bytes{0};  ///< that the answer may have
    std::function<void(storage::Token)> begin;
    Finish finish;
  };
  struct Finished {
    net::RequestId request;
    Finish finish;
  };

  /// Tokens count up from `first`, which is none of them.
  ReadQueue(const ConnectionLimits& limits, storage::Token first)
      : limits_(limits), last_token_(first) {}

  /// Begins it now or at a begin(). False: there is no place for it.
  bool add(Read read);
  /// The storage has answered: the request that this was for, if there is one.
  std::optional<Finished> finish(storage::Token token);
  /// Begins what there is room for. Once a turn, not behind each answer: long pages one after the
  /// other would else keep everything else waiting.
  void begin();
  /// A begin() would begin something.
  bool mayBegin() const;

 private:
  struct Address {
    std::deque<Read> waiting;
    std::size_t places{0};
  };
  struct Begun {
    net::RequestId request;
    net::AddressKey from;
    std::size_t bytes;
    Finish finish;
  };

  const ConnectionLimits limits_;
  std::map<net::AddressKey, Address> addresses_;  // those that have places
  std::deque<net::AddressKey> turns_;             // of those that have something waiting
  std::unordered_map<storage::Token, Begun> begun_;
  std::size_t places_{0};
  std::size_t bytes_{0};  // of what has begun
  storage::Token last_token_;
};

}  // namespace kith::rest
