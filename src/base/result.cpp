// SPDX-License-Identifier: Apache-2.0
// The bodies of <kith/result.hpp>. Any thread.
#include <kith/result.hpp>

namespace kith {

// Out of line, so that the type's information lives in the library once.
BadResultAccess::~BadResultAccess() = default;

void throwBadResultAccess(const char* what) { throw BadResultAccess(what); }

}  // namespace kith
