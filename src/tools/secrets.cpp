// SPDX-License-Identifier: Apache-2.0
#include "tools/secrets.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>

namespace kith::tools {
namespace {

constexpr std::size_t kLongestKeyFile = 4096;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kSpaces = " \t\r\n";

}  // namespace

Result<std::string> readKeyFile(const std::string& flag, const std::string& file) {
  const auto refuse = [&](const std::string& why) {
    return Error{Errc::InvalidArgument, 0, flag + ": " + file + ": " + why, false};
  };
  const auto keepOpen = [](std::FILE*) { return 0; };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(
      file == "-" ? stdin : std::fopen(file.c_str(), "rbe"), file == "-" ? keepOpen : &std::fclose);
  if (!in) return refuse(std::strerror(errno));
  char bytes[kLongestKeyFile + 1];
  const std::size_t size = std::fread(bytes, 1, sizeof bytes, in.get());
  if (std::ferror(in.get()) != 0) return refuse(std::strerror(errno));
  if (size > kLongestKeyFile) return refuse("is no file with a key: it is longer than 4096 bytes");
  std::string_view text(bytes, size);
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == text.npos) return refuse("holds no key");
  text = text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
  if (text.find('\n') != text.npos) return refuse("holds more than one line");
  return std::string(text);
}

}  // namespace kith::tools
