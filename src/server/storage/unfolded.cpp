// SPDX-License-Identifier: Apache-2.0
#include "server/storage/unfolded.hpp"

#include <algorithm>

#include "sqlite/packed.hpp"

namespace kith::storage {

using sqlite::Reader;
using sqlite::Writer;

// Positions and times of a record are written as distances to the row before.
enum class Unfolded::Deed : unsigned char { Accept, UseToken, CatchUp, SetCursor, SetAbsences };

namespace {

template <typename Deed>
std::int64_t code(Deed deed) {
  return static_cast<std::int64_t>(deed);
}

}  // namespace

void Unfolded::accept(const Accepted& row) {
  Writer writer(record_);
  writer.number(code(Deed::Accept));
  writer.number(row.position - last_.position).number(row.timestamp - last_.timestamp);
  writer.number(row.lists[ListKind::Conversation]).number(row.seq);
  writer.number(row.linked[ListKind::App] ? row.lists[ListKind::App] : 0);
  // The sender is named in any case: its tokens need it.
  writer.number(row.linked[ListKind::Sender] ? 1 : 0).number(row.lists[ListKind::Sender]);
  doAccept(row);
}

void Unfolded::doAccept(const Accepted& row) {
  last_ = row;
  last_position_ = std::max(last_position_, row.position);
  for (const ListKind kind : {ListKind::App, ListKind::Sender}) {
    if (row.linked[kind]) newest_[kind].insert_or_assign(row.lists[kind], row.position);
  }
  logs_.insert_or_assign(row.lists[ListKind::Conversation],
                         LogEnd{row.position, row.seq, row.timestamp});
  ++size_;
}

void Unfolded::useToken(std::string_view token) {
  Writer(record_).number(code(Deed::UseToken)).text(token);
  tokens_.insert_or_assign(TokenKey(last_.lists[ListKind::Sender], token),
                           Used{last_.position, last_.timestamp});
  ++size_;
}

void Unfolded::setCursor(std::int64_t peer, CursorChange change) {
  Writer writer(record_);
  writer.number(code(change.caught_up ? Deed::CatchUp : Deed::SetCursor));
  writer.number(peer).number(change.conversation);
  if (!change.caught_up) writer.number(change.acked).text(change.beyond);
  doSetCursor(peer, std::move(change));
}

// Changes stay where they are until all is cleared: to look for those before would cost more.
void Unfolded::doSetCursor(std::int64_t peer, CursorChange change) {
  std::vector<CursorChange>& all = cursors_[peer];
  if (!all.empty() && all.back().conversation == change.conversation) {
    all.back() = std::move(change);
  } else {
    all.push_back(std::move(change));
  }
  ++size_;
}

void Unfolded::setAbsences(std::int64_t peer, std::string_view packed) {
  Writer(record_).number(code(Deed::SetAbsences)).number(peer).text(packed);
  absences_.insert_or_assign(peer, std::string(packed));
  ++size_;
}

std::vector<const Unfolded::CursorChange*> Unfolded::cursorsOf(std::int64_t peer) const {
  std::vector<const CursorChange*> last;
  const auto found = cursors_.find(peer);
  if (found == cursors_.end()) return last;
  for (const CursorChange& change : found->second) last.push_back(&change);
  std::stable_sort(last.begin(), last.end(),
                   [](const auto* a, const auto* b) { return a->conversation < b->conversation; });
  // The last of equal ones stays.
  const auto kept = std::unique(last.rbegin(), last.rend(), [](const auto* a, const auto* b) {
    return a->conversation == b->conversation;
  });
  last.erase(last.begin(), kept.base());
  return last;
}

const Unfolded::CursorChange* Unfolded::cursorOf(std::int64_t peer,
                                                 std::int64_t conversation) const {
  const auto found = cursors_.find(peer);
  if (found == cursors_.end()) return nullptr;
  const auto& all = found->second;
  const auto last = std::find_if(all.rbegin(), all.rend(), [&](const CursorChange& change) {
    return change.conversation == conversation;
  });
  return last != all.rend() ? &*last : nullptr;
}

void Unfolded::startRecord() {
  record_.clear();
  last_ = {};
}

void Unfolded::apply(std::string_view record) {
  startRecord();
  Reader reader(record);
  while (!reader.atEnd()) {
    switch (const auto deed = static_cast<Deed>(reader.number())) {
      case Deed::Accept: {
        Accepted row;
        row.position = last_.position + reader.number();
        row.timestamp = last_.timestamp + reader.number();
        row.lists[ListKind::Conversation] = reader.number();
        row.linked[ListKind::Conversation] = true;
        row.seq = reader.number();
        row.lists[ListKind::App] = reader.number();
        row.linked[ListKind::App] = row.lists[ListKind::App] != 0;
        row.linked[ListKind::Sender] = reader.number() != 0;
        row.lists[ListKind::Sender] = reader.number();
        doAccept(row);
        break;
      }
      case Deed::UseToken:
        tokens_.insert_or_assign(TokenKey(last_.lists[ListKind::Sender], reader.text()),
                                 Used{last_.position, last_.timestamp});
        break;
      case Deed::CatchUp:
      case Deed::SetCursor: {
        const std::int64_t peer = reader.number();
        CursorChange change{reader.number(), deed == Deed::CatchUp, 0, {}, true};
        if (!change.caught_up) {
          change.acked = reader.number();
          change.beyond = reader.text();
        }
        doSetCursor(peer, std::move(change));
        break;
      }
      case Deed::SetAbsences: {
        const std::int64_t peer = reader.number();
        absences_.insert_or_assign(peer, std::string(reader.text()));
        break;
      }
    }
  }
  startRecord();
}

void Unfolded::clear() {
  cursors_.clear();
  absences_.clear();
  tokens_.clear();
  for (const ListKind kind : kListKinds) newest_[kind].clear();
  logs_.clear();
  last_position_ = 0;
  size_ = 0;
  startRecord();
}

}  // namespace kith::storage
