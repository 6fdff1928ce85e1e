// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/dialects.hpp"

namespace kith::dialects {

core::Dialect& Dialects::of(const net::Accepted& /*how*/) { return avos_; }

}  // namespace kith::dialects
