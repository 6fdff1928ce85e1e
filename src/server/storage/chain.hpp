// SPDX-License-Identifier: Apache-2.0
// The logs without an index: each row names the one before it in up to three lists (of its app, of
// its sender, of its conversation) and one further back to jump to, so that a time or a number is
// found in a logarithm of steps, and a row costs no more to keep however many there are. The jumps
// are those of Myers, "An applicative random-access stack". Plain values; nothing here knows a
// table.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/answers.hpp"

namespace kith::storage {

enum class ListKind : unsigned char { App, Sender, Conversation };
inline constexpr std::array kListKinds{ListKind::App, ListKind::Sender, ListKind::Conversation};

/// A value for each kind of list.
template <typename Value>
struct PerList {
  std::array<Value, kListKinds.size()> values{};

  Value& operator[](ListKind kind) { return values[static_cast<std::size_t>(kind)]; }
  const Value& operator[](ListKind kind) const { return values[static_cast<std::size_t>(kind)]; }
};

/// What a row knows about those before it in one list; position 0 is the end.
struct Link {
  /// From 1; in the list of a conversation it is the row's seq. 0 = the row is not in the list: it
  /// is no message, or a stray, which came with a time before its predecessor's.
  std::int64_t number{0};
  Position previous{0};
  Position jump{0};
};

using Links = PerList<Link>;

/// For the row at `position`, in few bytes; without its seq.
void packLinks(const Links& links, Position position, std::string& out);
/// Damaged bytes give links that end there or lead to older rows; never a circle.
Links unpackLinks(std::string_view bytes, Position position, Seq seq);

/// The newest message of a list, and those that its jumps lead to.
class ListEnd {
 public:
  /// It has not been read from the database yet.
  bool unknown() const { return path_.empty(); }
  /// There have been `count`, and none of them is left.
  void makeEmpty(std::int64_t count = 0) { path_.assign(1, {count, 0}); }
  /// Adds the newest message, or, while it is being read, the next one that the jumps lead to.
  void readFirst(Position position, std::int64_t timestamp, std::int64_t number);
  void readNext(Position position, std::int64_t number);
  void readDone();

  Position newest() const { return path_.back().position; }
  /// How many there have been, strays left out.
  std::int64_t count() const { return path_.back().number; }
  std::int64_t timestamp() const { return timestamp_; }
  Link append(Position position, std::int64_t timestamp);

 private:
  struct Node {
    std::int64_t number{0};
    Position position{0};
  };
  std::vector<Node> path_;  // from the end of the list, which is a node of zeros, to the newest
  std::int64_t timestamp_{0};
};

}  // namespace kith::storage
