// SPDX-License-Identifier: Apache-2.0
#include "server/rest/route_table.hpp"

#include <string>

#include "support/catch.hpp"

using namespace kith;
using namespace kith::rest;

namespace {

RouteTable makeTable() {
  return RouteTable({{"GET", "/healthz", Who::Anyone, 0, {}},
                     {"GET", "/1.1/classes/{}/{}", Who::App, 0, {}},
                     {"PUT", "/1.1/classes/{}/{}", Who::Master, 100, {}},
                     {"POST", "/1.1/classes/{}", Who::Master, 100, {}},
                     {"GET", "/1.1/classes/Fixed/{}", Who::Master, 100, {}}});
}

}  // namespace

TEST_CASE("route_table: a request finds its route by method and path, and what the path names") {
  const RouteTable table = makeTable();
  const auto found = table.find("PUT", "/1.1/classes/Groups/g1");
  REQUIRE(found.route != nullptr);
  CHECK(found.route->method == "PUT");
  CHECK(found.names == std::vector<std::string_view>{"Groups", "g1"});
  CHECK(table.find("HEAD", "/healthz").route->path == "/healthz");
  CHECK(table.find("GET", "/1/classes/Groups/g1/").names ==
        std::vector<std::string_view>{"Groups", "g1"});
  // The first that fits.
  CHECK(table.find("GET", "/1.1/classes/Fixed/g1").route->path == "/1.1/classes/{}/{}");
}

TEST_CASE("route_table: of a path with other methods it says which, of none nothing") {
  const RouteTable table = makeTable();
  const auto other = table.find("DELETE", "/1.1/classes/Groups/g1");
  CHECK(other.route == nullptr);
  CHECK(other.methods == "GET, HEAD, PUT");
  CHECK(table.find("get", "/healthz").route == nullptr);
  for (const char* path :
       {"", "/", "healthz", "/healthz/x", "/Healthz", "/1.1/classes", "/1.1/classes//g1", "/1.1",
        "/2/classes/Groups/g1", "/1.1/classes/a/b/c", "/1/healthz", "*", "//"}) {
    CAPTURE(path);
    CHECK(table.find("GET", path).methods.find("GET") == std::string::npos);
  }
}
