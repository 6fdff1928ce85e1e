// SPDX-License-Identifier: Apache-2.0
#include "server/objects/search.hpp"

#include <algorithm>
#include <compare>
#include <utility>

namespace kith::objects {
namespace {

using Kind = Condition::Kind;

bool isNamed(const Condition& condition, std::string_view key) {
  if (!condition.path.empty() && condition.path.front() == key) return true;
  return std::any_of(condition.parts.begin(), condition.parts.end(),
                     [key](const Condition& part) { return isNamed(part, key); });
}

}  // namespace

Result<Search> Search::begin(const SearchRequest& request) {
  if (request.limit > kFoundObjects) {
    return invalidQuery("limit", "is more than " + std::to_string(kFoundObjects));
  }
  if (request.skip > kSkippedObjects) {
    return invalidQuery("skip", "is more than " + std::to_string(kSkippedObjects) +
                                    "; ask for what was made or updated behind the last object");
  }
  Result<Condition> where = parseWhere(request.where);
  if (!where) return where.error();
  Result<std::vector<SortKey>> order = parseOrder(request.order);
  if (!order) return order.error();
  Search search;
  search.request_ = request;
  search.where_ = std::move(where).value();
  search.order_ = std::move(order).value();
  search.makePlan();
  return search;
}

bool Search::looksAt(std::string_view key) const {
  const bool sorts = std::any_of(order_.begin(), order_.end(),
                                 [key](const SortKey& by) { return by.path.front() == key; });
  return sorts || isNamed(where_, key);
}

void Search::makePlan() {
  ended_ = request_.limit == 0 && !request_.count;
  if (!order_.empty() && order_.front().path.size() == 1) {
    if (order_.front().path.front() == kUpdatedKey) plan_.by = SearchPlan::By::Updated;
  }
  plan_.newest_first = !order_.empty() && order_.front().descending;
  if (order_.empty()) order_.push_back({{std::string(kCreatedKey)}, false});
  for (const Condition& condition : where_.parts) narrow(condition);
}

/// What every object that matches must have.
void Search::narrow(const Condition& condition) {
  if (condition.path.size() != 1) return;
  const std::string& key = condition.path.front();
  if (key == kIdKey) return narrowIds(condition);
  if (key == request_.listed_key) return narrowListed(condition);
  const bool is_walked = key == (plan_.by == SearchPlan::By::Updated ? kUpdatedKey : kCreatedKey);
  if (is_walked && !byNames()) narrowTime(condition);
}

bool Search::byNames() const {
  return plan_.by == SearchPlan::By::Ids || plan_.by == SearchPlan::By::Listed;
}

void Search::narrowListed(const Condition& condition) {
  if (byNames()) return;
  const bool is_one = condition.kind == Kind::Equal;
  const auto& items = condition.operand.items;
  if (!is_one && (condition.kind != Kind::All || items.empty())) return;
  const JsonValue& item = is_one ? condition.operand : items.front();
  if (!item.is(JsonValue::Kind::Text)) return;
  plan_.by = SearchPlan::By::Listed;
  plan_.listed = item.text;
}

void Search::narrowIds(const Condition& condition) {
  const bool is_one = condition.kind == Kind::Equal && condition.operand.is(JsonValue::Kind::Text);
  if ((!is_one && condition.kind != Kind::In) || plan_.by == SearchPlan::By::Ids) return;
  plan_.by = SearchPlan::By::Ids;
  if (is_one) plan_.ids.push_back(condition.operand.text);
  for (const JsonValue& one : condition.operand.items) {
    if (one.is(JsonValue::Kind::Text)) plan_.ids.push_back(one.text);
  }
  std::sort(plan_.ids.begin(), plan_.ids.end());
  plan_.ids.erase(std::unique(plan_.ids.begin(), plan_.ids.end()), plan_.ids.end());
}

void Search::narrowTime(const Condition& condition) {
  const Value operand = Value::of(condition.operand);
  if (operand.type != Type::Date) return;
  const bool is_equal = condition.kind == Kind::Equal;
  if (is_equal || condition.kind == Kind::GreaterOrEqual) {
    plan_.from = std::max(plan_.from, operand.time);
  }
  if (is_equal || condition.kind == Kind::LessOrEqual) {
    plan_.to = std::min(plan_.to, operand.time);
  }
  if (condition.kind == Kind::Greater) plan_.from = std::max(plan_.from, operand.time + 1);
  if (condition.kind == Kind::Less) plan_.to = std::min(plan_.to, operand.time - 1);
}

/// The rows come in the order that was asked for.
bool Search::isSorted() const {
  if (byNames() || order_.size() != 1) return false;
  const KeyPath& path = order_.front().path;
  return path.size() == 1 &&
         path.front() == (plan_.by == SearchPlan::By::Updated ? kUpdatedKey : kCreatedKey);
}

void Search::look(const ObjectView& row) {
  if (ended_) return;
  bytes_ += row.json.size() + row.acl.size();
  if (++seen_ > kSearchedObjects || bytes_ > kSearchedBytes || work_.done > kSearchWork) {
    ended_ = too_much_ = true;
    return;
  }
  if (!isAllowed(row.acl, Right::Read, request_.actor)) return;
  const Result<JsonValue> fields = json::parseJson(row.json, "object");
  if (!fields) return;
  const Subject subject{*fields, row.id, row.created, row.updated};
  if (!matches(where_, subject, work_)) return;
  ++matched_;
  if (!isSorted() || (matched_ > request_.skip && found_.size() < request_.limit)) {
    keep(row, subject);
  }
  ended_ = isSorted() && found_.size() == request_.limit && !request_.count;
}

void Search::keep(const ObjectView& row, const Subject& subject) {
  if (request_.limit == 0) return;
  Found& found = found_.emplace_back();
  found.object = {std::string(row.id), std::string(row.json), std::string(row.acl),
                  row.created,         row.updated,           row.version};
  for (const SortKey& key : order_) found.sort_by.emplace_back(valueAt(subject, key.path));
}

// Equal ones by id, in the direction of the first key: as a storage walks its rows.
bool Search::isBefore(const Found& a, const Found& b) const {
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const auto how = a.sort_by[i] <=> b.sort_by[i];
    if (std::is_eq(how)) continue;
    return order_[i].descending ? std::is_gt(how) : std::is_lt(how);
  }
  return order_.front().descending ? a.object.id > b.object.id : a.object.id < b.object.id;
}

Result<FoundObjects> Search::finish() {
  if (too_much_) {
    return Error{Errc::Rejected, kTooMuch,
                 "query: it would have to look at more than " + std::to_string(kSearchedObjects) +
                     " objects, or too closely; narrow it by objectId, or sort by createdAt or "
                     "updatedAt and ask for a time from where to go on",
                 false};
  }
  FoundObjects found;
  if (request_.count) found.count = matched_;
  std::size_t first = 0;
  if (!isSorted()) {
    std::sort(found_.begin(), found_.end(),
              [this](const Found& a, const Found& b) { return isBefore(a, b); });
    first = std::min(request_.skip, found_.size());
  }
  const std::size_t end = first + std::min(request_.limit, found_.size() - first);
  for (std::size_t i = first; i < end; ++i) {
    found.objects.push_back(std::move(found_[i].object));
  }
  return found;
}

}  // namespace kith::objects
