// SPDX-License-Identifier: Apache-2.0
// What handlers ask of the storage for their requests: each call waits for its turn, and has a
// function that makes the request's answer of the storage's. Owned by RestApi, loop thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "server/rest/read_queue.hpp"
#include "server/rest/rest_host.hpp"
#include "server/rest/route_table.hpp"
#include "server/storage/storage.hpp"

namespace kith::rest {

/// An error of the storage as the vendor's clients know it: its own number, where it has one.
net::HttpReply refuse(const Error& error);
/// The answer when there is no place for a request.
net::HttpReply tooBusy();

class StorageCalls {
 public:
  /// Both outlive it; tokens count up from `first`.
  StorageCalls(const ConnectionLimits& limits, storage::Token first, storage::Storage& storage,
               RestHost& host)
      : queue_(limits, first), storage_(storage), host_(host) {}

  /// Calls `begin(storage, token)` when it is the request's turn, and `finish(value)` with what a
  /// success brings, which gives the answer, or nullopt when it follows; an Error is refused.
  /// nullopt, or the answer when there is no place for it. `bytes` is what the storage's answer may
  /// have.
  template <typename Reply, typename Begin, typename Finish>
  std::optional<net::HttpReply> ask(const Request& request, std::size_t bytes, Begin begin,
                                    Finish finish) {
    ReadQueue::Read read{request.id, request.call.from, bytes, {}, {}};
    read.begin = [this, begin = std::move(begin)](storage::Token token) { begin(storage_, token); };
    read.finish =
        [finish = std::move(finish)](storage::Answer& answer) -> std::optional<net::HttpReply> {
      auto& result = std::get<Result<Reply>>(answer.value);
      if (!result) return refuse(result.error());
      return finish(*result);
    };
    if (queue_.add(std::move(read))) return std::nullopt;
    return tooBusy();
  }

  void onAnswer(storage::Answer& answer);
  /// Begins what waits for its turn: once in each turn of the loop.
  void begin() { queue_.begin(); }
  bool mayBegin() const { return queue_.mayBegin(); }

 private:
  ReadQueue queue_;
  storage::Storage& storage_;
  RestHost& host_;
};

}  // namespace kith::rest
