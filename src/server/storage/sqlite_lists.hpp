// SPDX-License-Identifier: Apache-2.0
// The lists of the logs (chain.hpp) as one connection sees them, each read from the newest back.
// Where a list ends is in its table, or, since the tables were brought up to date last, in an
// Unfolded that has what the connection sees. One thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "server/storage/chain.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/unfolded.hpp"
#include "sqlite/database.hpp"

namespace kith::storage {

/// A row of a log without its texts.
struct RowHead {
  Position position{0};
  std::int64_t timestamp{0};
  Seq seq{0};
  std::int64_t sender{0};
  RowKind kind{RowKind::Message};
  bool self{false};  ///< the sender is among the receivers
  bool deleted{false};
  bool has_extra{false};
  bool receipt_wanted{false};
  Links links;

  /// Whether a member has to acknowledge it.
  bool waitsFor(std::int64_t peer) const {
    return kind == RowKind::Message && !deleted && (sender != peer || self);
  }
};

class SqliteLists {
 public:
  SqliteLists(sqlite::Database& database, const Unfolded& unfolded);
  ~SqliteLists();

  /// The end of the list of an app or a sender, for a row that is going to be appended to it.
  void readEnd(ListKind kind, std::int64_t list, ListEnd& end);
  /// The same of a conversation, whose log has had `last` rows.
  void readLogEnd(std::int64_t conversation, Seq last, ListEnd& end);
  /// Rows of `app` that come before what the range names go behind `messages`, newest first.
  void read(ListKind kind, std::int64_t list, std::int64_t app, const ReadHistory& range,
            std::vector<StoredMessage>& messages);
  void readLog(std::int64_t conversation, const ReadLog& range,
               std::vector<StoredMessage>& messages);
  /// Names that the rows of one page have in common, so that each is looked up once. Good until
  /// the end of the transaction.
  struct Names;
  /// nullopt: it is gone, or deleted.
  std::optional<StoredMessage> message(Position position, Names& names);
  /// The newest message of a log, among its last `rows`.
  std::optional<StoredMessage> lastMessage(std::int64_t conversation, int rows);
  /// The message of a list with this time and id; 0 = there is none.
  Position find(ListKind kind, std::int64_t list, std::int64_t timestamp, std::string_view id);

  /// The same as readHead() and message() together. False: it is gone. A deleted row, or one that
  /// is no message, has a message without a text.
  bool readWhole(Position position, Names& names, RowHead& head, StoredMessage& message);

  /// The newest row of a list; 0 = none.
  Position newestOf(ListKind kind, std::int64_t list);
  /// False: it is gone.
  bool readHead(Position position, RowHead& head);
  /// The newest row of a list for which `wanted` is true, which it is of all that are older, too; 0
  /// = none. `from` is a row of the list.
  template <typename Wanted>
  Position seek(ListKind kind, Position from, Wanted wanted) {
    Position at = from;
    RowHead head;
    RowHead beyond;
    while (at != 0 && readHead(at, head)) {
      if (wanted(head)) return at;
      const Link link = head.links[kind];
      const bool far = link.jump != 0 && readHead(link.jump, beyond) && !wanted(beyond);
      at = far ? link.jump : link.previous;
    }
    return 0;
  }

 private:
  /// A place in the history: what comes before it is older.
  struct Place {
    std::int64_t timestamp{0};
    Position position{0};
    auto operator<=>(const Place&) const = default;  // NOLINT(modernize-use-nullptr): its own zero
  };
  struct Statements;
  struct Row;

  Position seekBefore(ListKind kind, std::int64_t list, const Place& before);
  Place findStray(ListKind kind, std::int64_t list, const Place& before);
  std::optional<Row> readRow(Position position, Names& names);
  const std::string& peerName(std::int64_t peer, Names& names);
  void readConversation(std::int64_t conversation, Names& names);
  Place placeBefore(std::int64_t app, const ReadHistory& range);
  void readForward(std::int64_t conversation, const ReadLog& range,
                   std::vector<StoredMessage>& messages);
  void readBackward(std::int64_t conversation, const ReadLog& range,
                    std::vector<StoredMessage>& messages);
  Seq firstSeq(std::int64_t conversation, const ReadLog& range);
  Seq oldestSeq(Position newest, Seq first, Seq last);
  Position lastPosition(std::int64_t conversation, const ReadLog& range);

  const Unfolded& unfolded_;
  std::unique_ptr<Statements> sql_;
};

struct SqliteLists::Names {
  // Of two peers, as those of a pair.
  std::array<std::int64_t, 2> peers{};
  std::array<std::string, 2> peer_names;
  std::int64_t conversation{0};
  ConversationKind kind{ConversationKind::Pair};
  std::string conversation_name;
};

}  // namespace kith::storage
