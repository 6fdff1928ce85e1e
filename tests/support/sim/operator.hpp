// SPDX-License-Identifier: Apache-2.0
// What others ask of the server's storage beside the hub, as its HTTP side does: messages are
// edited and deleted, logs and histories read. The checks are the disk's and the ledger's. One
// thread.
#pragma once

#include "support/sim/server.hpp"

namespace kith::sim {

class Operator {
 public:
  Operator(const Plan& plan, Timeline& time, Ledger& ledger, Tally& tally, Server& server)
      : plan_(plan),
        time_(time),
        ledger_(ledger),
        tally_(tally),
        server_(server),
        dice_(plan.seed ^ 0x0be) {}

  void start();
  void calm() { calm_ = true; }

 private:
  void act(std::uint64_t);
  void readLog(const std::string& conversation, const LogBook::Rows& log);
  void readHistory(const std::string& conversation, const LogBook::Rows& log);
  void change(const std::string& conversation, const LogBook::Rows& log);
  const LogBook::Row& someRow(const LogBook::Rows& log);

  const Plan& plan_;
  Timeline& time_;
  Ledger& ledger_;
  Tally& tally_;
  Server& server_;
  Dice dice_;
  bool calm_{false};
  std::uint64_t edits_{0};
};

}  // namespace kith::sim
