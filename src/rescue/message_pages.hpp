// SPDX-License-Identifier: Apache-2.0
// Paging through messages, newest first, by the timestamp and the id of the last row
// (leancloud-current §9). Pure; one thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kith::rescue {

/// Which messages are wanted, in milliseconds since 1970; 0 = no bound.
struct MessageRange {
  std::int64_t from{0};   ///< the oldest that is wanted
  std::int64_t until{0};  ///< older than this

  friend bool operator==(const MessageRange&, const MessageRange&) = default;
};

/// Where the next page begins: the oldest row so far.
struct MessageCursor {
  std::int64_t timestamp{0};  ///< 0 = there was none yet
  std::string id;
  /// Ids of all rows so far with this timestamp. The vendor may repeat them at a page's edge; no
  /// more than these need to be remembered.
  std::vector<std::string> edge;

  friend bool operator==(const MessageCursor&, const MessageCursor&) = default;
};

struct MessagePage {
  std::string lines;  ///< new rows as they came, each on a line
  std::size_t rows{0};
  std::size_t repeated{0};  ///< rows that were there before, and are not in `lines`
  std::int64_t newest{0};   ///< of the new rows; 0 = there are none
  std::int64_t oldest{0};
  bool last{false};
};

/// What to ask for, behind the `?`.
std::string messageQuery(const MessageCursor& cursor, const MessageRange& range, std::size_t limit);

/// Takes an answer to messageQuery() with this limit, and moves the cursor behind it. ProtocolError
/// when it is no list of messages, newest first, or does not get on; the cursor then stays.
Result<MessagePage> takeMessages(std::string_view body, const MessageRange& range,
                                 std::size_t limit, MessageCursor& cursor);

}  // namespace kith::rescue
