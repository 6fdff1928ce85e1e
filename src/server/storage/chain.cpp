// SPDX-License-Identifier: Apache-2.0
#include "server/storage/chain.hpp"

#include <algorithm>

#include "sqlite/packed.hpp"

namespace kith::storage {

// Distances are shorter than positions.
void packLinks(const Links& links, Position position, std::string& out) {
  sqlite::Writer writer(out);
  for (const ListKind kind : kListKinds) {
    const Link& link = links[kind];
    if (kind != ListKind::Conversation) writer.number(link.number);
    if (link.number == 0) continue;
    writer.number(position - link.previous).number(link.previous - link.jump);
  }
}

Links unpackLinks(std::string_view bytes, Position position, Seq seq) {
  Links links;
  sqlite::Reader reader(bytes);
  for (const ListKind kind : kListKinds) {
    Link& link = links[kind];
    link.number = kind == ListKind::Conversation ? seq : reader.number();
    if (link.number == 0) continue;
    const Position previous = position - reader.number();
    const Position jump = previous - reader.number();
    if (previous < 0 || previous >= position || jump < 0 || jump > previous) continue;
    link.previous = previous;
    link.jump = jump;
  }
  return links;
}

void ListEnd::readFirst(Position position, std::int64_t timestamp, std::int64_t number) {
  path_.assign(1, {number, position});
  timestamp_ = timestamp;
}

void ListEnd::readNext(Position position, std::int64_t number) {
  path_.push_back({number, position});
}

void ListEnd::readDone() {
  path_.push_back({});
  std::reverse(path_.begin(), path_.end());
}

// The newest and the one it jumps to head two stretches; equally long ones become one.
Link ListEnd::append(Position position, std::int64_t timestamp) {
  const std::size_t size = path_.size();
  const Node newest = path_.back();
  Link link{newest.number + 1, newest.position, newest.position};
  if (size >= 3) {
    const Node first = path_[size - 2];
    const Node second = path_[size - 3];
    if (newest.number - first.number == first.number - second.number) {
      path_.resize(size - 2);
      link.jump = second.position;
    }
  }
  path_.push_back({link.number, position});
  timestamp_ = timestamp;
  return link;
}

}  // namespace kith::storage
