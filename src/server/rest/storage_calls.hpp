// SPDX-License-Identifier: Apache-2.0
// What handlers ask of the storage for their requests: each call waits for its turn, and has a
// function that makes the request's answer of the storage's. Owned by RestApi, loop thread only.
#pragma once

#include <kith/limits.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "server/objects/object.hpp"
#include "server/rest/read_queue.hpp"
#include "server/rest/rest_host.hpp"
#include "server/rest/route_table.hpp"
#include "server/storage/storage.hpp"

namespace kith::rest {

/// An error of the storage as the vendor's clients know it: its own number, where it has one.
net::HttpReply refuse(const Error& error);
/// The answer when there is no place for a request.
net::HttpReply tooBusy();
/// Hands a command of an app's server on; the answer to it follows, or is returned.
std::optional<net::HttpReply> carryOut(CommandHost& host, const Request& request,
                                       const core::ServiceCommand& command);

/// A request that waits for an answer, which it outlives.
struct Asker {
  explicit Asker(const Request& request) : id(request.id), from(request.call.from) {}

  net::RequestId id;
  net::AddressKey from;
};

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
    return ask<Reply>(Asker(request), bytes, std::move(begin), std::move(finish));
  }
  /// For a `finish` that asks once more.
  template <typename Reply, typename Begin, typename Finish>
  std::optional<net::HttpReply> ask(const Asker& asker, std::size_t bytes, Begin begin,
                                    Finish finish) {
    ReadQueue::Read read{asker.id, asker.from, bytes, {}, {}};
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

  /// The same for the object of a class with the id that the request's path names first; `peer`
  /// asks for it, empty = no peer is known.
  template <typename Finish>
  std::optional<net::HttpReply> askObject(const Request& request, std::string_view class_name,
                                          std::string peer, Finish finish) {
    return ask<storage::ObjectRecord>(
        request, objects::kObjectBytes,
        [app_id = request.app->id, class_name = std::string(class_name),
         id = std::string(request.names.front()), peer = std::move(peer),
         master = request.master](storage::Storage& storage, storage::Token token) {
          storage::GetObject wanted;
          wanted.app_id = app_id;
          wanted.class_name = class_name;
          wanted.id = id;
          wanted.user_id = peer;
          wanted.master = master;
          storage.submit(token, wanted);
        },
        std::move(finish));
  }
  /// The same for the group with this id.
  template <typename Finish>
  std::optional<net::HttpReply> askGroup(const Request& request, std::string id, Finish finish) {
    return ask<storage::FoundGroup>(
        request, request.app->group_members * kMemberBytes,
        [app_id = request.app->id, id = std::move(id)](storage::Storage& storage,
                                                       storage::Token token) {
          storage.submit(token, storage::LoadGroup{app_id, id});
        },
        std::move(finish));
  }

  /// Takes the object with this id out of a class, on behalf of the master; `finish()` gives the
  /// answer.
  template <typename Finish>
  std::optional<net::HttpReply> removeObject(const Request& request, std::string_view class_name,
                                             std::string id, Finish finish) {
    return ask<storage::Changed>(
        request, kRemovalBytes,
        [app_id = request.app->id, class_name = std::string(class_name), id = std::move(id)](
            storage::Storage& storage, storage::Token token) {
          storage.submit(token, storage::DeleteObject{app_id, class_name, id, 0, {}, {}, true});
        },
        [finish = std::move(finish)](const storage::Changed&) { return finish(); });
  }

  void onAnswer(storage::Answer& answer);
  /// Begins what waits for its turn: once in each turn of the loop.
  void begin() { queue_.begin(); }
  bool mayBegin() const { return queue_.mayBegin(); }

 private:
  /// Of what is kept of a removal until it is answered.
  static constexpr std::size_t kRemovalBytes = 4096;
  /// Of a member's id in JSON.
  static constexpr std::size_t kMemberBytes = 4 * limits::kPeerIdChars;

  ReadQueue queue_;
  storage::Storage& storage_;
  RestHost& host_;
};

}  // namespace kith::rest
