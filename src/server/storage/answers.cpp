// SPDX-License-Identifier: Apache-2.0
// A visit of all kinds costs the compiler as much as a small file, so it is in one file and not in
// the header.
#include "server/storage/answers.hpp"

namespace kith::storage {

bool Answer::ok() const {
  return std::visit([](const auto& held) { return held.ok(); }, value);
}

void Answer::fail(const Error& error) {
  std::visit([&](auto& held) { held = error; }, value);
}

}  // namespace kith::storage
