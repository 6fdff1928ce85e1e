// SPDX-License-Identifier: Apache-2.0
#include "stress/report.hpp"

#include <cstdio>

#include "stress/stress.hpp"

namespace kith::stress {
namespace {

std::string lineOf(const LedgerTotals& totals) {
  const auto part = [](const char* name, std::uint64_t value) {
    return ", " + std::to_string(value) + ' ' + name;
  };
  return std::to_string(totals.sent) + " sent" + part("acknowledged", totals.acked) +
         part("failed", totals.failed) + part("shown", totals.shown) + part("lost", totals.lost) +
         part("twice", totals.twice) + part("out of order", totals.out_of_order) +
         part("echoes", totals.echoes) + part("unfounded", totals.unfounded) +
         part("completed twice", totals.completed_twice) +
         part("never completed", totals.never_completed);
}

}  // namespace

void awaitSettled(Ledger& ledger, const std::string& what) {
  if (ledger.waitSettled()) return;
  const std::string line = lineOf(ledger.audit());
  throw Violation(what + " did not all arrive: " + line + '\n' + ledger.remarks());
}

void closeBooks(const std::string& work, Ledger& ledger, bool all_accepted) {
  const LedgerTotals totals = ledger.audit();
  std::printf("%s: %s\n", work.c_str(), lineOf(totals).c_str());
  const std::uint64_t faults = totals.lost + totals.twice + totals.out_of_order + totals.unfounded +
                               totals.completed_twice + totals.never_completed +
                               (all_accepted ? totals.failed : 0);
  require(faults == 0, "the contract was broken:\n" + ledger.remarks());
}

}  // namespace kith::stress
