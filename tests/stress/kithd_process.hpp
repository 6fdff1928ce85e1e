// SPDX-License-Identifier: Apache-2.0
// The real kithd, as a process to be killed, starved and looked at. Main thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"

namespace kith::stress {

inline constexpr const char* kApp = "stress";

struct KithdOptions {
  std::string listen{"127.0.0.1:0"};
  std::string data{":memory:"};
  /// Lines of the settings file, beside the app: `"idle_timeout_ms": 3000`.
  std::vector<std::string> settings{};
  /// The hard limit of open files; 0 = as it is.
  rlim_t open_files{0};
  /// Put before the command: `ip netns exec ...`.
  std::vector<std::string> before{};
};

class KithdProcess {
 public:
  explicit KithdProcess(KithdOptions options);
  ~KithdProcess() { kill9(); }
  KithdProcess(const KithdProcess&) = delete;
  KithdProcess& operator=(const KithdProcess&) = delete;

  /// Starts it and returns `host:port`. A Violation when it does not come up.
  std::string start();
  /// Starts it where it must fail: its exit status.
  int startInVain();
  void kill9();
  void terminate();
  /// Waits for its end. The exit status, or minus the signal.
  int wait();
  /// Has it ended by itself?
  bool ended();
  pid_t pid() const { return pid_; }
  /// Resident memory in kB.
  std::size_t rss() const;
  /// User and system time so far, in seconds.
  double cpu() const;
  /// What it wrote to standard error so far.
  std::string errors() const;
  void limit(int resource, rlim_t soft);

 private:
  void spawn(int out);

  KithdOptions options_;
  testing::TemporaryFolder folder_;
  pid_t pid_{0};
  std::optional<int> status_;
};

/// Resident memory of a process in kB.
std::size_t rssOf(pid_t pid);
/// This program's path, and those of its neighbours.
std::string neighbour(const std::string& program);
/// Runs a command and waits for it; its exit status. Its output goes nowhere unless `loud`.
int runCommand(const std::vector<std::string>& command, bool loud = false);

}  // namespace kith::stress
