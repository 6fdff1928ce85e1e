// SPDX-License-Identifier: Apache-2.0
// What a storage answers, as values. Plain data; made on the storage's threads, handed out on the
// hub's.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kith::storage {

/// Chosen by the caller, handed back with the answer.
using Token = std::uint64_t;
/// For requests that are not answered.
inline constexpr Token kNoToken = 0;
/// Position of a message in the order of acceptance, over all apps; grows.
using Position = std::int64_t;

/// The fate of an append.
struct Appended {
  /// The token was known: all of this is about the first message, and nothing was stored.
  bool duplicate{false};
  Position position{0};
  std::string id;  ///< of a duplicate; of others the caller knows it
  std::int64_t timestamp{0};
};

/// A kept message.
struct StoredMessage {
  Position position{0};
  std::string id;
  std::int64_t timestamp{0};
  std::string from;
  std::string conv_id;
  std::string group_id;
  std::string text;
  bool receipt_wanted{false};
  std::vector<std::string> addressed;
  std::int64_t edited_at{0};  ///< ms; 0 = it is as it was sent
};

/// A part of a peer's queue.
struct PendingPage {
  std::vector<StoredMessage> messages;
  bool complete{true};  ///< nothing more waits after these
};

struct GroupRecord {
  std::string id;
  bool open{false};
  std::vector<std::string> members;  ///< in the order they came
};

/// nullopt: there is no such group.
using FoundGroup = std::optional<GroupRecord>;

/// A change of a group or of a message is committed.
struct Changed {};

struct HistoryPage {
  std::vector<StoredMessage> messages;
};

/// One answer with its token.
struct Answer {
  /// `what`: a Reply, or an Error.
  template <typename Reply, typename What>
  Answer(Token of, std::in_place_type_t<Reply>, What&& what)
      : token(of), value(std::in_place_type<Result<Reply>>, std::forward<What>(what)) {}

  Token token;
  std::variant<Result<Appended>, Result<PendingPage>, Result<FoundGroup>, Result<Changed>,
               Result<HistoryPage>>
      value;

  bool ok() const {
    return std::visit([](const auto& held) { return held.ok(); }, value);
  }
  /// Makes a failure of it, whatever it was.
  void fail(const Error& error) {
    std::visit([&](auto& held) { held = error; }, value);
  }
};

using Answers = std::vector<Answer>;

}  // namespace kith::storage
