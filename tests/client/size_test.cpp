// SPDX-License-Identifier: Apache-2.0
// What an idle session takes: programs hold ten thousand of them.
#include "backends/kith/engine/session.hpp"
#include "client/manager_impl.hpp"
#include "client/session_impl.hpp"
#include "net/client/client_socket.hpp"
#include "support/catch.hpp"

namespace kith {
namespace {

TEST_CASE("client: what every session, manager and connection has stays small") {
  // Room for what most of them never use is allocated with its first use.
  CHECK(sizeof(client::SessionImpl) <= 512);
  CHECK(sizeof(engine::Session) <= 400);
  CHECK(sizeof(client::ManagerImpl) <= 1536);
  CHECK(sizeof(net::ClientSocket) <= 512);
}

}  // namespace
}  // namespace kith
