// SPDX-License-Identifier: Apache-2.0
#include <kith/server.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "server/config/config.hpp"

namespace kith {
namespace {

constexpr std::size_t kMostBytes = 16u * 1024 * 1024;

Error unreadable(const std::string& file, const std::string& why) {
  return Error{Errc::InvalidArgument, 0, "cannot read settings file " + file + ": " + why, false};
}

}  // namespace

Result<ServerOptions> readServerConfig(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rbe"),
                                                           &std::fclose);
  if (!in) return unreadable(file, std::strerror(errno));
  std::string json;
  char piece[65536];
  while (const std::size_t size = std::fread(piece, 1, sizeof piece, in.get())) {
    json.append(piece, size);
    if (json.size() > kMostBytes) return unreadable(file, "it is longer than 16 MiB");
  }
  // A folder opens like a file and fails only here.
  if (std::ferror(in.get()) != 0) return unreadable(file, std::strerror(errno));
  Result<ServerOptions> options = config::parseServerOptions(json);
  if (!options) {
    Error error = options.error();
    error.detail = file + ": " + error.detail;
    return error;
  }
  return options;
}

}  // namespace kith
