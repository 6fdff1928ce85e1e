// SPDX-License-Identifier: Apache-2.0
// The body of SessionManager: its sessions, and what joins the application's threads to the driver.
// Held by the SessionManager, by every session, and by a list of the living from the first session
// until it is closed. Any thread.
#pragma once

#include <kith/options.hpp>
#include <kith/session_manager.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash_index.hpp"
#include "base/sync.hpp"
#include "client/client_ids.hpp"
#include "client/command_queue.hpp"
#include "client/driver.hpp"
#include "client/session_host.hpp"
#include "dispatch/app_strand.hpp"

namespace kith::client {

class ManagerImpl final : public SessionHost,
                          private QueueOwner,
                          public std::enable_shared_from_this<ManagerImpl> {
 public:
  ManagerImpl(Options options, const backends::BackendKind& kind);
  ~ManagerImpl() override;

  const Result<void>& checked() const { return checked_; }

  // --- the application ---
  std::shared_ptr<Session> session(const std::string& peer_id);
  void networkChanged();
  void pause(Completion done);
  void resume();
  void close(Completion done) override;
  void history(const std::string& peer_id, HistoryQuery query, HistoryCompletion done);
  ManagerStats stats() const;
  Capabilities capabilities() const { return kind_.capabilities(driver_.counters()); }

  // SessionHost
  const Options& options() const override { return options_; }
  dispatch::AppStrand& strand() override { return *strand_; }
  Commands& commands() override { return queue_; }
  std::string makeClientId() override { return client_ids_.next(); }
  Result<void> checkSize(const Message& message, std::string_view peer_id,
                         std::string_view client_id) const override {
    return kind_.checkSize(message, options_.app_id, peer_id, client_id);
  }
  void dropped(SessionImpl& session) override;

 private:
  // QueueOwner
  void inUse() override;
  bool wake() override;
  void closedWithoutThread() override;
  void complete(const char* name, std::function<void()> run) override;

  void runClosers();
  /// Everything is closed; lets go of itself.
  void ended();

  const backends::BackendKind& kind_;
  const std::shared_ptr<dispatch::AppStrand> strand_;
  const Options options_;  // without what the strand has
  const Result<void> checked_;
  const std::shared_ptr<base::IoLoop> loop_;  // null when the options are no good
  ClientIds client_ids_;

  mutable base::Mutex sessions_mutex_;
  // By peer, until dropped().
  base::HashIndex<SessionImpl> sessions_ KITH_GUARDED_BY(sessions_mutex_);
  SessionRef next_ref_ KITH_GUARDED_BY(sessions_mutex_){1};

  CommandQueue queue_;
  Driver driver_;  // loop thread only
};

}  // namespace kith::client
