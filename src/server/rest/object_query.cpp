// SPDX-License-Identifier: Apache-2.0
#include "server/rest/object_query.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/ascii.hpp"

namespace kith::rest {
namespace {

constexpr std::size_t kDefaultLimit = 100;
/// Of an object in an answer, as one has it mostly; the storage bounds what it reads for one
/// answer.
constexpr std::size_t kObjectBytesRead = 4096;

/// `text` as a number from 0 on, at most `most`; an empty one is `otherwise`.
std::optional<std::size_t> readCount(std::string_view text, std::size_t otherwise,
                                     std::size_t most) {
  if (text.empty()) return otherwise;
  const auto number = base::readNumber<std::int64_t>(text);
  if (!number || *number < 0) return std::nullopt;
  return std::min(static_cast<std::size_t>(*number), most);
}

net::HttpReply showFound(const objects::FoundObjects& found, const ObjectQuery& query) {
  std::string body = R"({"results":[)";
  for (const objects::Object& object : found.objects) {
    if (body.back() != '[') body += ',';
    body += objects::formatObject(object, query.keys);
  }
  body += ']';
  if (query.count) body += R"(,"count":)" + std::to_string(found.count);
  return jsonReply(body += '}');
}

}  // namespace

std::optional<net::HttpReply> readQuery(const Request& request, ObjectQuery& query) {
  const net::HttpCall& call = request.call;
  Result<objects::Selection> keys = objects::Selection::parse(call.arg("keys"));
  if (!keys) return refuse(keys.error());
  const auto limit = readCount(call.arg("limit"), kDefaultLimit, objects::kFoundObjects);
  const auto skip = readCount(call.arg("skip"), 0, objects::kSkippedObjects);
  if (!limit || !skip) return badRequest("limit and skip are numbers from 0 on");
  query.where = call.arg("where");
  query.order = call.arg("order");
  query.limit = *limit;
  query.skip = *skip;
  query.count = call.arg("count") == "1";
  query.keys = std::move(keys).value();
  return std::nullopt;
}

std::optional<net::HttpReply> askObjects(StorageCalls& calls, const Request& request,
                                         ObjectQuery query) {
  const std::size_t bytes = query.limit * kObjectBytesRead;
  const auto asked = std::make_shared<const ObjectQuery>(std::move(query));
  return calls.ask<objects::FoundObjects>(
      request, bytes,
      [asked, app_id = request.app->id, master = request.master](storage::Storage& storage,
                                                                 storage::Token token) {
        storage::FindObjects find;
        find.app_id = app_id;
        find.class_name = asked->class_name;
        find.where = asked->where;
        find.order = asked->order;
        find.limit = asked->limit;
        find.skip = asked->skip;
        find.count = asked->count;
        find.user_id = asked->user;
        find.master = master;
        storage.submit(token, find);
      },
      [asked](const objects::FoundObjects& found) { return showFound(found, *asked); });
}

}  // namespace kith::rest
