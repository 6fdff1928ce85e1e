// SPDX-License-Identifier: Apache-2.0
// The last line of a work. Main thread.
#pragma once

#include <string>

#include "stress/ledger.hpp"

namespace kith::stress {

/// Waits until every send has completed and all that was accepted was shown; throws a Violation
/// with the figures when that does not come.
void awaitSettled(Ledger& ledger, const std::string& what);

/// Audits, prints one line, and throws a Violation when the contract was broken. `all_accepted`: no
/// send may fail either.
void closeBooks(const std::string& work, Ledger& ledger, bool all_accepted);

}  // namespace kith::stress
