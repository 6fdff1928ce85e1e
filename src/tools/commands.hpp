// SPDX-License-Identifier: Apache-2.0
// The commands of `kith`. Each runs to its end on the calling thread and returns the exit status:
// 0 done, 1 failed (with a line on standard error), 2 used wrongly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/settings.hpp"

namespace kith::tools {

struct ListenArgs {
  std::string peer;
  std::string watch;
  std::size_t count{0};
  double timeout_s{0};
};
int runListen(const Settings& settings, const ListenArgs& args);

struct SendArgs {
  std::string peer;
  std::string to;
  /// The text; `-` = each line of standard input.
  std::string text;
  bool transient{false};
  bool receipt{false};
};
int runSend(const Settings& settings, const SendArgs& args);

struct GroupArgs {
  std::string peer;
  std::string action;
  std::string id;
  std::string rest;
  bool open{false};
};
int runGroup(const Settings& settings, const GroupArgs& args);

struct QueryArgs {
  std::string peer;
  std::string peers;
};
int runQuery(const Settings& settings, const QueryArgs& args);

struct HistoryArgs {
  std::string peer;
  std::string with;
  std::string group;
  std::size_t limit{100};
  /// Milliseconds since the epoch, and the id of a message of that time; 0 and empty = the newest.
  std::int64_t before{0};
  std::string before_id;
};
int runHistory(const Settings& settings, const HistoryArgs& args);

int runStatus(const Settings& settings);

struct ChatArgs {
  std::string peer;
  std::string with;
  std::string group;
};
int runChat(const Settings& settings, const ChatArgs& args);

struct AdminArgs {
  /// `add`, `rotate-key` or `limits`.
  std::string action;
  std::string id;
  /// `app` or `master`.
  std::string which;
  /// NAME=VALUE
  std::vector<std::string> settings;
  std::string app_key_file;
  std::string master_key_file;
  std::string key_file;
  std::string admin_key_file;
  std::string connect;
};
int runAdmin(const Settings& settings, const AdminArgs& args);

struct RescueArgs {
  /// `export`, `check` or `import`.
  std::string action;
  std::string folder;
  /// --server was given: the setting's default is no server of the vendor.
  bool external{false};
  std::string master_key_file;
  std::string proxy;
  std::string classes;
  std::string from;
  std::string until;
  /// `app` or `conversation`.
  std::string by{"app"};
  bool files{false};
  bool private_files{false};
  bool lists{false};
  bool job{false};
  std::size_t limit{1000};
  double rate{5};
  double backoff_s{1};
  double patience_s{900};
  double progress_s{10};
  /// Conversations whose newest messages are compared with the vendor's.
  std::size_t sample{20};
  /// A check holds the folder against the kithd of --server.
  bool kithd{false};
  /// Only says what an import would do.
  bool dry_run{false};
};
/// Exit status 3: it was done to its end, and something was refused or is not right.
int runRescue(const Settings& settings, const RescueArgs& args);

}  // namespace kith::tools
