// SPDX-License-Identifier: Apache-2.0
// Finds objects of a class, fed row by row from wherever they are kept: says which rows are needed
// and in which order, judges each, and sorts and cuts what it found. Each storage asks the same
// questions in the same order, so all answer alike, also about what is too much. Plain data; any
// thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "server/objects/acl.hpp"
#include "server/objects/object.hpp"
#include "server/objects/query.hpp"

namespace kith::objects {

/// What one search may look at: objects, bytes of them, and comparisons.
inline constexpr std::size_t kSearchedObjects = 10'000;
inline constexpr std::size_t kSearchedBytes = 8u * 1024 * 1024;
inline constexpr std::uint64_t kSearchWork = 2'000'000;
/// Objects in one answer, and how many may be skipped.
inline constexpr std::size_t kFoundObjects = 1000;
inline constexpr std::size_t kSkippedObjects = kSearchedObjects;

/// What is asked for; the views live as long as the search.
struct SearchRequest {
  std::string_view where;
  std::string_view order;  ///< empty: as they were made
  std::size_t limit{0};    ///< at most kFoundObjects
  std::size_t skip{0};     ///< at most kSkippedObjects
  bool count{false};       ///< how many there are in all, whatever the limit
  Actor actor;             ///< what it may not read is not there
  /// A field with a list whose items the storage can look up, as members of groups; empty = none.
  std::string_view listed_key;
};

/// A row, as a storage has it.
struct ObjectView {
  std::string_view id;
  std::string_view json;
  std::string_view acl;
  std::int64_t created{0};
  std::int64_t updated{0};
  std::int64_t version{0};
};

struct FoundObjects {
  std::vector<Object> objects;
  std::size_t count{0};  ///< when it was asked for
};

/// Which rows a search needs, in the order it needs them.
struct SearchPlan {
  enum class By : std::uint8_t { Ids, Listed, Created, Updated };
  By by{By::Created};
  std::vector<std::string> ids;  ///< of Ids: ascending, each once
  std::string listed;            ///< of Listed: those that have this item, in any order
  /// Of the other two: those with a time in here, by time and then by id.
  std::int64_t from{std::numeric_limits<std::int64_t>::min()};
  std::int64_t to{std::numeric_limits<std::int64_t>::max()};
  bool newest_first{false};  ///< the other way round
};

class Search {
 public:
  /// InvalidArgument when the query is wrong.
  static Result<Search> begin(const SearchRequest& request);

  const SearchPlan& plan() const { return plan_; }
  /// Whether a field of this name is looked at, to find or to sort.
  bool looksAt(std::string_view key) const;
  /// More rows are needed.
  bool wantsMore() const { return !ended_; }
  void look(const ObjectView& row);
  /// Rejected, with the vendor's number for what takes too long (124), when the search would have
  /// had to look at too much: half of an answer would be a wrong one.
  Result<FoundObjects> finish();

 private:
  struct Found {
    Object object;
    std::vector<SortValue> sort_by;
  };
  void makePlan();
  void narrow(const Condition& condition);
  void narrowIds(const Condition& condition);
  void narrowListed(const Condition& condition);
  void narrowTime(const Condition& condition);
  /// The rows are named, and come in no order.
  bool byNames() const;
  bool isSorted() const;
  bool isBefore(const Found& a, const Found& b) const;
  void keep(const ObjectView& row, const Subject& subject);

  SearchRequest request_;
  Condition where_;
  std::vector<SortKey> order_;
  SearchPlan plan_;
  std::vector<Found> found_;
  std::size_t matched_{0};
  std::size_t seen_{0};
  std::size_t bytes_{0};
  Work work_;
  bool ended_{false};
  bool too_much_{false};
};

/// The vendor's number for a query that takes too long.
inline constexpr int kTooMuch = 124;

}  // namespace kith::objects
