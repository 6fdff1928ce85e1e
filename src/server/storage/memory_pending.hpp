// SPDX-License-Identifier: Apache-2.0
// Pages of what waits for a peer in a storage in memory, over all its conversations in the order of
// acceptance. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "server/storage/memory_app.hpp"
#include "server/storage/memory_conversations.hpp"
#include "server/storage/requests.hpp"

namespace kith::storage {

/// Looks at no more rows than it hands out, leaves out one by one, or never has to look at again;
/// what is beyond a limit is passed by in a few steps.
class PendingReader {
 public:
  explicit PendingReader(MemoryShared& shared) : shared_(shared) {}

  PendingPage read(MemoryApp& app, Peer& peer, const ReadPending& request);
  /// Messages that first pages left out because they were too old.
  std::uint64_t expired() const { return expired_; }

 private:
  /// Where the page is in one conversation.
  struct Cursor {
    const Member* member;
    const Message* row;  ///< the next that waits
    Seq lowest;          ///< that is not acknowledged
    Seq young;           ///< the lowest that is not too old
    Seq highest;
    // First page: rows that are left out, and not in the page yet.
    Seq run_first;
    Seq run_last;  ///< 0 = there are none
  };

  void open(MemoryApp& app, Peer& peer, const ReadPending& request, std::int64_t oldest);
  bool isOld(const Message& row) const;
  bool toNext(Cursor& cursor, Seq from) const;
  bool toPrevious(Cursor& cursor, Seq from) const;
  void readNext(const ReadPending& request, PendingPage& page);
  void readFirst(const AppLimits& limits, const Peer& peer, const ReadPending& request,
                 PendingPage& page);
  void keepNewest(const AppLimits& limits, const Peer& peer, PendingPage& page);

  MemoryShared& shared_;
  std::int64_t oldest_{0};
  std::uint64_t expired_{0};
  // Of one page; they keep their memory.
  std::vector<Cursor> cursors_;
  std::vector<Cursor*> heap_;
  std::vector<const Message*> kept_;
};

}  // namespace kith::storage
