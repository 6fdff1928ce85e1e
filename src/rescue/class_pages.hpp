// SPDX-License-Identifier: Apache-2.0
// Paging through a class by `GET /1.1/scan/classes/<Class>`, objects by their ids
// (leancloud-current §9). Pure; one thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kith::rescue {

/// Where the next page begins.
struct ClassCursor {
  /// What the vendor gave with the last page; good for ten minutes. Empty = begin anew.
  std::string cursor;
  std::string last_id;  ///< of the last object that was taken
  /// Every object so far came behind the one before it, by its id: a scan that begins anew can then
  /// leave out what was taken.
  bool ordered{true};

  friend bool operator==(const ClassCursor&, const ClassCursor&) = default;
};

struct ClassPage {
  std::string lines;  ///< new objects as they came, each on a line
  std::size_t rows{0};
  std::string earliest;  ///< least `createdAt` of the new ones; empty = none has one
  bool last{false};
};

/// The first line of a file of a class, as the vendor's own exports have it, with its end.
std::string classHeader(std::string_view name);
/// What to ask for, behind the `?`. Access lists come only when they are asked for.
std::string scanQuery(const ClassCursor& cursor, std::size_t limit);

/// Takes an answer to scanQuery() and moves the cursor behind it. `skipping` says that the scan
/// began anew behind objects that were taken before: these are left out. ProtocolError when it is
/// no page of objects, or does not get on; the cursor then stays.
Result<ClassPage> takeObjects(std::string_view body, bool skipping, ClassCursor& cursor);

/// The text that a line of a file has as its member `name`; empty when it has none, as the first
/// line of a class.
std::string idIn(std::string_view line, std::string_view name);

/// The number in an answer to `?count=1&limit=0`. ProtocolError when there is none.
Result<std::int64_t> countIn(std::string_view body);

}  // namespace kith::rescue
