// SPDX-License-Identifier: Apache-2.0
#include "server/hub/context.hpp"

#include "base/close_codes.hpp"

namespace kith::hub {

void Context::close(Connection& connection, int code) {
  if (connection.closing) return;
  connection.closing = true;
  output.close(connection.id, static_cast<std::uint16_t>(code), base::closeReason(code));
  just_closed.emplace_back(&connection);
}

void setCode(wire::Command& frame, int code) {
  frame.set(wire::Field::Code, &wire::Command::code, std::int64_t{code});
  frame.set(wire::Field::Reason, &wire::Command::reason, base::closeReason(code));
}

}  // namespace kith::hub
