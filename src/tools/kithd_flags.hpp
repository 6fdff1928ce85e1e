// SPDX-License-Identifier: Apache-2.0
// What kithd is told: flags, the settings file, the environment. Read at the start and again at
// each SIGHUP. One thread.
#pragma once

#include <kith/result.hpp>
#include <kith/server.hpp>

#include <CLI/CLI.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kith::tools {

struct KithdFlags {
  std::string config;
  std::vector<std::string> listen{"127.0.0.1:7700"};
  std::string data{"kith-data"};
  std::vector<std::string> apps;
  std::string app_file;
  std::string admin_key_file;
  std::string backup;
  bool require_signature{false};
  bool allow_colons{false};
  std::string require_watch{"always"};
  std::string tls_cert;
  std::string tls_key;
  std::vector<std::string> origins;
  std::vector<std::string> proxies;
  std::string metrics_listen;
  bool proxy_protocol{false};
  std::string log_level{"info"};
  std::optional<std::size_t> io_threads;
  bool core_dumps{false};
};

void addFlags(CLI::App& app, KithdFlags& flags);

/// A word among the flags that is none of its values; empty when all are.
std::string wrongWord(const KithdFlags& flags);

/// The settings as file, environment and flags say now; `given` has parsed the flags, and flags
/// win. InvalidArgument names the file and, where there is one, the line.
Result<ServerOptions> readOptions(const KithdFlags& flags, const CLI::App& given);

}  // namespace kith::tools
