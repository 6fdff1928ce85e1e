// SPDX-License-Identifier: Apache-2.0
// Keys that came on the command line, which every user of the machine can read, and keys that come
// in files, which is better. One thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace kith::tools {

/// Writes over the value of each `flag` (`flag VALUE`, `flag=VALUE`) in the process's own
/// arguments, from the first `from` in it on, with as many `x`; 0 = from its beginning. The length
/// of a key stays visible, and until here all of it was. Call it when everything is parsed.
inline void hideValues(int argc, char** argv, std::string_view flag, char from = '\0') {
  for (int i = 1; i < argc; ++i) {
    char* value = nullptr;
    if (argv[i] == flag && i + 1 < argc) {
      value = argv[++i];
    } else if (std::string_view(argv[i]).substr(0, flag.size()) == flag &&
               argv[i][flag.size()] == '=') {
      value = argv[i] + flag.size() + 1;
    }
    if (value == nullptr) continue;
    if (from != '\0') value = std::strchr(value, from);
    if (value == nullptr) continue;
    if (*value == from) ++value;
    std::memset(value, 'x', std::strlen(value));
  }
}

/// The key that is the only line of `file`, `-` = of standard input; a byte order mark and spaces
/// around it are ignored. InvalidArgument names `flag` and the file when it cannot be read, is
/// empty, or has more lines.
Result<std::string> readKeyFile(const std::string& flag, const std::string& file);

}  // namespace kith::tools
