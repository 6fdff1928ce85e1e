// SPDX-License-Identifier: Apache-2.0
// Results that wait for drain(), as values. Plain data; made on the storage's thread, handed out on
// the hub's.
#pragma once

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "server/storage/storage.hpp"

namespace kith::storage {

struct PendingAnswer {
  Result<std::vector<StoredMessage>> messages;
  bool complete{true};
};
struct GroupAnswer {
  Result<std::optional<GroupRecord>> group;
};
struct ChangedAnswer {
  Result<void> result;
};
struct HistoryAnswer {
  Result<std::vector<StoredMessage>> messages;
};

/// One result with its token.
struct Answer {
  Token token{0};
  std::variant<Result<Appended>, PendingAnswer, GroupAnswer, ChangedAnswer, HistoryAnswer> value;

  /// Makes a failure of it, whatever it was.
  void fail(const Error& error) {
    std::visit(
        [&](auto& held) {
          using Held = std::decay_t<decltype(held)>;
          if constexpr (std::is_same_v<Held, PendingAnswer>) {
            held = PendingAnswer{error, true};
          } else {
            held = Held{error};
          }
        },
        value);
  }

  void deliver(Results& results) {
    struct Deliverer {
      Token token;
      Results& results;
      void operator()(Result<Appended>& a) { results.onAppended(token, std::move(a)); }
      void operator()(PendingAnswer& a) {
        results.onPending(token, std::move(a.messages), a.complete);
      }
      void operator()(GroupAnswer& a) { results.onGroup(token, std::move(a.group)); }
      void operator()(ChangedAnswer& a) { results.onChanged(token, std::move(a.result)); }
      void operator()(HistoryAnswer& a) { results.onHistory(token, std::move(a.messages)); }
    };
    std::visit(Deliverer{token, results}, value);
  }
};

using Answers = std::vector<Answer>;

inline Error unknownApp(std::string_view app_id) {
  return {Errc::InvalidArgument, 0,
          "storage: app " + std::string(app_id) + " was used before configureApp()", false};
}
inline Error groupMissing() {
  return {Errc::GroupNotFound, 4303, "storage: there is no such group", false};
}
inline Error groupExists() {
  return {Errc::Rejected, 0, "storage: there is a group with this id already", false};
}
inline Error storageClosed() { return {Errc::Closed, 0, "storage: it was closed", false}; }

/// Tokens are forgotten after this time (see Storage::expire()).
inline constexpr std::int64_t kDedupeAgeMs = 24ll * 3600 * 1000;

}  // namespace kith::storage
