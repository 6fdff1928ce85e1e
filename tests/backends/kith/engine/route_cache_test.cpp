// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/route_cache.hpp"

#include "support/catch.hpp"

namespace kith::engine {
namespace {

using base::Millis;
using base::Route;

TEST_CASE("route cache: a fixed address never changes") {
  RouteCache cache("ws://fixed");
  cache.failed();
  cache.failed();
  CHECK(cache.pick(Millis{0}) == "ws://fixed");
}

TEST_CASE("route cache: an answer serves for its ttl, at least once") {
  RouteCache cache("");
  CHECK(cache.pick(Millis{0}).empty());
  cache.store(Route{"ws://a", "", "", Millis{100}}, Millis{0});
  CHECK(cache.pick(Millis{99}) == "ws://a");
  CHECK(cache.pick(Millis{100}).empty());
  cache.store(Route{"ws://a", "", "", Millis{0}}, Millis{100});
  CHECK(cache.pick(Millis{100}) == "ws://a");
  CHECK(cache.pick(Millis{100}).empty());
}

TEST_CASE("route cache: server, secondary, then ask again; a success counts anew") {
  RouteCache cache("");
  cache.store(Route{"ws://a", "ws://b", "", Millis{1000}}, Millis{0});
  cache.failed();
  CHECK(cache.pick(Millis{1}) == "ws://b");
  cache.connected();
  cache.failed();
  CHECK(cache.pick(Millis{1}) == "ws://a");
  cache.failed();
  CHECK(cache.pick(Millis{1}).empty());
}

TEST_CASE("route cache: without a secondary the server is tried twice") {
  RouteCache cache("");
  cache.store(Route{"ws://a", "", "", Millis{1000}}, Millis{0});
  cache.failed();
  CHECK(cache.pick(Millis{1}) == "ws://a");
  cache.failed();
  CHECK(cache.pick(Millis{1}).empty());
}

}  // namespace
}  // namespace kith::engine
