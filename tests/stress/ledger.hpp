// SPDX-License-Identifier: Apache-2.0
// What was said, what came of it, and where it was shown: the contract, kept like accounts. Any
// thread.
#pragma once

#include <kith/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/waiter.hpp"

namespace kith::stress {

/// What one peer says in one conversation: its messages are numbered from 0.
using Line = std::uint32_t;

struct LedgerTotals {
  std::uint64_t sent{0};
  std::uint64_t acked{0};
  std::uint64_t failed{0};
  std::uint64_t shown{0};
  /// Shows that the acknowledged ones call for: one for each receiver.
  std::uint64_t owed{0};
  /// Acknowledged and not shown.
  std::uint64_t lost{0};
  std::uint64_t twice{0};
  std::uint64_t out_of_order{0};
  /// Shown to their own sender, as if another device of the same peer had sent them: what was on
  /// the way on a connection that the peer has replaced meanwhile comes back as a copy.
  std::uint64_t echoes{0};
  /// Shown although they were refused for certain, or never sent.
  std::uint64_t unfounded{0};
  std::uint64_t completed_twice{0};
  std::uint64_t never_completed{0};
};

class Ledger {
 public:
  /// Declares a line. `group` is the conversation's number when several lines share it, else -1.
  Line add(std::uint32_t sender, std::vector<std::uint32_t> receivers, int group = -1);

  /// A message is about to be sent; returns its text.
  std::string begin(Line line);
  /// The completion of the message with this text came.
  void completed(const std::string& text, bool accepted, bool may_have_arrived);
  /// A receiver was shown this text. `note` goes into remarks.
  void shown(std::uint32_t receiver, const std::string& text, const std::string& note);

  /// Waits until `count` messages more than now were accepted; false when `within` is over first.
  bool waitAcked(std::uint64_t count, std::chrono::milliseconds within);
  /// Waits until every send has completed and everything accepted was shown as often as it must.
  /// False at the process's deadline.
  bool waitSettled();
  /// The books are closed: compares everything with everything.
  LedgerTotals audit();
  LedgerTotals totals();
  /// What the books take in memory, about.
  std::size_t heldBytes();
  /// The first things that were wrong, for the report.
  std::string remarks();

 private:
  enum Fate : std::uint8_t { Open, Accepted, Refused, Unknown };
  struct Sight {
    std::uint32_t receiver{0};
    std::vector<std::uint8_t> seen;
    std::int64_t last{-1};
  };
  struct Account {
    std::vector<Fate> fates;
    std::vector<Sight> sights;
    std::uint32_t sender{0};
    int group{-1};
  };
  /// What a member of a group saw, in its order.
  struct View {
    std::uint32_t receiver{0};
    std::vector<std::uint64_t> messages;
  };

  void remark(const std::string& what);
  bool settled() const { return open_ == 0 && totals_.shown_founded >= totals_.all.owed; }
  void auditAccount(Line line, LedgerTotals& totals);
  void auditGroup(const std::vector<View>& views, LedgerTotals& totals);

  testing::Waiter waiter_;
  std::vector<Account> accounts_;
  std::vector<std::vector<View>> groups_;
  struct {
    LedgerTotals all;
    std::uint64_t shown_founded{0};  ///< of accepted messages
  } totals_;
  std::uint64_t open_{0};
  std::uint64_t wake_at_acked_{0};
  std::string remarks_;
  int remark_count_{0};
};

}  // namespace kith::stress
