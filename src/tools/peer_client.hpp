// SPDX-License-Identifier: Apache-2.0
// A session that a command can wait for, and that closes politely when the command ends. Used on
// the MainLoop's thread; not from a callback.
#pragma once

#include <kith/session.hpp>
#include <kith/session_manager.hpp>

#include <memory>
#include <string>
#include <vector>

#include "tools/event_printer.hpp"
#include "tools/main_loop.hpp"
#include "tools/settings.hpp"

namespace kith::tools {

class PeerClient {
 public:
  /// Null, after a line on standard error, when the settings are wrong.
  static std::unique_ptr<PeerClient> make(const Settings& settings, const std::string& peer,
                                          std::shared_ptr<EventPrinter> printer);
  /// Closes the session and waits for that a little while.
  ~PeerClient();
  PeerClient(const PeerClient&) = delete;
  PeerClient& operator=(const PeerClient&) = delete;

  /// Opens within the timeout; else says why on standard error.
  bool open(const std::vector<std::string>& watch);
  /// Opens without waiting: what is sent meanwhile waits in the store.
  void openLater(const std::vector<std::string>& watch) { session_->open(watch); }
  /// Waits for one operation, up to the timeout.
  template <typename T>
  Result<T> await(const std::function<void(std::function<void(Result<T>)>)>& start) {
    return loop_->await<T>(settings_.timeout(), start);
  }

  MainLoop& loop() { return *loop_; }
  SessionManager& manager() { return *manager_; }
  Session& session() { return *session_; }
  EventPrinter& printer() { return *printer_; }
  const Settings& settings() const { return settings_; }

 private:
  PeerClient(const Settings& settings, std::shared_ptr<EventPrinter> printer);

  Settings settings_;
  std::shared_ptr<MainLoop> loop_;
  std::shared_ptr<EventPrinter> printer_;
  std::unique_ptr<SessionManager> manager_;
  std::shared_ptr<Session> session_;
};

/// Prints `kith: what` on standard error and returns 1.
int complain(const std::string& what);
/// The same with an error behind it.
int complain(const std::string& what, const Error& error);

}  // namespace kith::tools
