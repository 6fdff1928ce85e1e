// SPDX-License-Identifier: Apache-2.0
#include "server/core/context.hpp"

#include "base/close_codes.hpp"

namespace kith::core {

void Context::close(Connection& connection, int code) {
  if (connection.closing) return;
  writer.releaseAll(connection);
  connection.closing = true;
  output.close(connection.id, static_cast<std::uint16_t>(code), base::closeReason(code));
  just_closed.emplace_back(&connection);
}

}  // namespace kith::core
