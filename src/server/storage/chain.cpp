// SPDX-License-Identifier: Apache-2.0
#include "server/storage/chain.hpp"

#include <algorithm>

#include "sqlite/packed.hpp"

namespace kith::storage {

// Distances are shorter than sequences.
void packLinks(const Links& links, Sequence sequence, std::string& out) {
  sqlite::Writer writer(out);
  for (const ListKind kind : kListKinds) {
    const Link& link = links[kind];
    writer.number(link.number);
    if (link.number == 0) continue;
    writer.number(sequence - link.previous).number(link.previous - link.jump);
  }
}

Links unpackLinks(std::string_view bytes, Sequence sequence) {
  Links links;
  sqlite::Reader reader(bytes);
  for (const ListKind kind : kListKinds) {
    Link& link = links[kind];
    link.number = reader.number();
    if (link.number == 0) continue;
    const Sequence previous = sequence - reader.number();
    const Sequence jump = previous - reader.number();
    if (previous < 0 || previous >= sequence || jump < 0 || jump > previous) continue;
    link.previous = previous;
    link.jump = jump;
  }
  return links;
}

void ListEnd::readFirst(Sequence sequence, std::int64_t timestamp, std::int64_t number) {
  path_.assign(1, {number, sequence});
  timestamp_ = timestamp;
}

void ListEnd::readNext(Sequence sequence, std::int64_t number) {
  path_.push_back({number, sequence});
}

void ListEnd::readDone() {
  path_.push_back({});
  std::reverse(path_.begin(), path_.end());
}

// The newest and the one it jumps to head two stretches; equally long ones become one.
Link ListEnd::append(Sequence sequence, std::int64_t timestamp) {
  const std::size_t size = path_.size();
  const Node newest = path_.back();
  Link link{newest.number + 1, newest.sequence, newest.sequence};
  if (size >= 3) {
    const Node first = path_[size - 2];
    const Node second = path_[size - 3];
    if (newest.number - first.number == first.number - second.number) {
      path_.resize(size - 2);
      link.jump = second.sequence;
    }
  }
  path_.push_back({link.number, sequence});
  timestamp_ = timestamp;
  return link;
}

}  // namespace kith::storage
