// SPDX-License-Identifier: Apache-2.0
#include "net/server/http_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/ascii.hpp"
#include "net/server/listener.hpp"

namespace kith::net {
Result<std::shared_ptr<const HttpFile>> HttpFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat about {};
  const bool plain = fd >= 0 && ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
  if (plain) return std::make_shared<const HttpFile>(fd, static_cast<std::uint64_t>(about.st_size));
  std::string why = fd < 0 ? std::strerror(errno) : "it is no plain file";
  if (fd >= 0) ::close(fd);
  return Error{Errc::InvalidArgument, 0, "file " + path + " cannot be read: " + why, false};
}

HttpFile::~HttpFile() { ::close(fd_); }

bool HttpFile::read(std::uint64_t at, std::size_t room, std::string& out) const {
  const std::size_t before = out.size();
  out.resize(before + room);
  const ssize_t got = ::pread(fd_, out.data() + before, room, static_cast<off_t>(at));
  out.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return got > 0;
}

std::optional<FileRange> rangeOf(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return {};
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == header.npos || header.find(',') != header.npos) return {};
  const std::string_view first = header.substr(0, dash);
  const std::string_view last = header.substr(dash + 1);
  if (first.empty()) {
    const auto count = base::readNumber<std::uint64_t>(last);
    if (!count) return {};
    return FileRange{size - std::min(*count, size), size};
  }
  const auto begin = base::readNumber<std::uint64_t>(first);
  if (!begin) return {};
  std::uint64_t end = size;
  if (!last.empty()) {
    const auto number = base::readNumber<std::uint64_t>(last);
    if (!number || *number < *begin) return {};
    end = std::min(size, *number < size ? *number + 1 : size);
  }
  return *begin < end ? FileRange{*begin, end} : FileRange{0, 0};
}

HttpReply fileReply(const HttpCall& call, std::shared_ptr<const HttpFile> file, std::string type) {
  const std::uint64_t size = file->size();
  HttpReply reply{200, std::move(type), {}, 0};
  reply.headers = "Accept-Ranges: bytes\r\n";
  reply.file_end = size;
  if (const auto range = rangeOf(call.header("range"), size)) {
    const std::string of = "/" + std::to_string(size) + "\r\n";
    if (range->begin == range->end) {
      reply.status = 416;
      reply.headers += "Content-Range: bytes *" + of;
      return reply;
    }
    reply.status = 206;
    reply.file_begin = range->begin;
    reply.file_end = range->end;
    reply.headers += "Content-Range: bytes " + std::to_string(range->begin) + "-" +
                     std::to_string(range->end - 1) + of;
  }
  reply.file = std::move(file);
  return reply;
}

}  // namespace kith::net
