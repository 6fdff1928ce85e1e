// SPDX-License-Identifier: Apache-2.0
// Either storage, with the shorthand of the tests about objects.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/objects_requests.hpp"
#include "server/storage/storage_bench.hpp"

namespace kith::storage {

/// What to find in the class "Pet", on behalf of the master.
inline FindObjects petsWhere(std::string_view where, std::string_view order = {},
                             std::size_t limit = 100) {
  FindObjects request;
  request.app_id = "app";
  request.class_name = "Pet";
  request.where = where;
  request.order = order;
  request.limit = limit;
  request.master = true;
  return request;
}

/// The storage of an app "app", whose objects are those of its class "Pet" unless said otherwise.
class ObjectsBench : public Bench {
 public:
  using Bench::Bench;
  using Bench::create;

  template <typename ObjectRequest>
  Token ask(ObjectRequest request) {
    if (request.app_id.empty()) request.app_id = "app";
    if (request.class_name.empty()) request.class_name = "Pet";
    storage->submit(++token, request);
    return token;
  }
  Token create(std::string_view id, std::string_view body, std::int64_t now = 100) {
    return ask(CreateObject{{}, {}, id, body, now});
  }
  /// On behalf of the master.
  Token update(std::string_view id, std::string_view body, std::int64_t version = 0,
               std::int64_t now = 200) {
    return ask(UpdateObject{{}, {}, id, body, version, {}, {}, true, now});
  }
  Token remove(std::string_view id, std::int64_t version = 0) {
    return ask(DeleteObject{{}, {}, id, version, {}, {}, true});
  }
  /// The object as it is, on behalf of the master; null when there is none.
  ObjectRecord get(std::string_view id, std::string_view in_class = "Pet") {
    const Token asked = ask(GetObject{{}, in_class, id, {}, {}, true});
    finish();
    REQUIRE(results.object.at(asked).ok());
    return *results.object.at(asked);
  }
  Result<objects::FoundObjects> find(const FindObjects& request) {
    const Token asked = ask(request);
    finish();
    return results.found.at(asked);
  }
  std::vector<std::string> ids(const FindObjects& request) {
    const auto found = find(request);
    REQUIRE(found);
    std::vector<std::string> all;
    for (const objects::Object& object : found->objects) all.push_back(object.id);
    return all;
  }
  const Error& refused(Token asked) {
    const auto object = results.object.find(asked);
    if (object == results.object.end()) return results.changed.at(asked).error();
    return object->second.error();
  }
};

}  // namespace kith::storage
