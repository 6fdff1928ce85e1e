// SPDX-License-Identifier: Apache-2.0
#include "server/core/missed.hpp"

#include <algorithm>

#include "base/close_codes.hpp"
#include "server/core/answer_size.hpp"

namespace kith::core {
namespace {

constexpr int kChanges = 100;  // of one answer

const storage::StoredMessage& itself(const storage::StoredMessage& row) { return row; }

}  // namespace

void Missed::askChanges(Session& session, const Serial& i, const AskChanges& wish) {
  PendingCommand& asked = context_.beginAsk(session, i);
  asked.intent.assign(wish);
  // What is kept from here on is told as news, or is in the answer.
  asked.timestamp = context_.now.wall.count();
  const Peer& peer = *session.peer;
  context_.storage.submit(asked.token,
                          storage::ReadChanges{peer.app.options.id, peer.id, wish.since, kChanges});
}

void Missed::onChanges(PendingCommand& asked, Result<storage::ChangesPage>& page) const {
  if (!page) return Context::answer(asked, RequestRefused{base::kInternalError});
  auto& changes = page->changes;
  const auto end = endOfAnswer(changes, Context::answerBytesOf(asked), itself);
  const bool complete = page->complete && end == changes.end();
  changes.erase(end, changes.end());
  Context::answer(asked, ChangesTold{changes, complete, page->all_seen, asked.timestamp});
}

void Missed::askEdits(Session& session, const Serial& i, const AskEdits& wish) {
  PendingCommand& asked = context_.beginAsk(session, i);
  asked.intent.assign(wish);
  asked.timestamp = context_.now.wall.count();
  const std::int64_t oldest = (context_.now.wall - kEditAge).count();
  asked.for_some = wish.since < oldest;
  const Peer& peer = *session.peer;
  context_.storage.submit(
      asked.token,
      storage::ListEdits{peer.app.options.id, peer.id, std::max(wish.since, oldest), kMissedEdits});
}

// Of too many the oldest are left out, here as by the storage.
void Missed::onEdits(PendingCommand& asked, Result<storage::HistoryPage>& page) const {
  if (!page) return Context::answer(asked, RequestRefused{base::kInternalError});
  auto& edits = page->messages;
  bool whole = !asked.for_some && edits.size() < static_cast<std::size_t>(kMissedEdits);
  std::reverse(edits.begin(), edits.end());
  const auto end = endOfAnswer(edits, Context::answerBytesOf(asked), itself);
  whole = whole && end == edits.end();
  edits.erase(end, edits.end());
  std::reverse(edits.begin(), edits.end());
  Context::answer(asked, EditsTold{edits, whole, asked.timestamp});
}

}  // namespace kith::core
