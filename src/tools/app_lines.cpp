// SPDX-License-Identifier: Apache-2.0
#include "tools/app_lines.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace kith::tools {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view trim(std::string_view line) {
  constexpr std::string_view kSpaces = " \t\r";
  const std::size_t first = line.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kSpaces) - first + 1);
}

}  // namespace

AppOptions parseApp(std::string_view text) {
  AppOptions app;
  const std::size_t first = text.find(':');
  app.id = text.substr(0, first);
  if (first == std::string_view::npos) return app;
  const std::size_t second = text.find(':', first + 1);
  const bool has_master = second != std::string_view::npos;
  app.app_key = text.substr(first + 1, has_master ? second - first - 1 : second);
  if (has_master) app.master_key = text.substr(second + 1);
  return app;
}

Result<std::vector<AppOptions>> parseAppLines(std::string_view text, const std::string& where) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::vector<AppOptions> apps;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    apps.push_back(parseApp(line));
    if (!apps.back().id.empty()) continue;
    return Error{Errc::InvalidArgument, 0,
                 where + ": line " + std::to_string(number) +
                     " names no application; it is ID[:APPKEY[:MASTERKEY]]",
                 false};
  }
  return apps;
}

Result<std::vector<AppOptions>> readAppFile(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  // A folder opens like a file and fails only when it is read.
  if (!in || (text.tellp() <= 0 && errno != 0)) {
    return Error{Errc::InvalidArgument, 0,
                 "cannot read --app-file " + file + ": " + std::strerror(errno != 0 ? errno : EIO),
                 false};
  }
  return parseAppLines(text.str(), file);
}

void addApps(ServerOptions& options, const std::vector<AppOptions>& apps) {
  for (const AppOptions& app : apps) {
    const auto same = [&](const AppOptions& known) { return known.id == app.id; };
    const auto known = std::find_if(options.apps.begin(), options.apps.end(), same);
    if (known == options.apps.end()) {
      options.apps.push_back(app);
      continue;
    }
    if (!app.app_key.empty()) known->app_key = app.app_key;
    if (!app.master_key.empty()) known->master_key = app.master_key;
  }
}

}  // namespace kith::tools
