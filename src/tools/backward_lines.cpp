// SPDX-License-Identifier: Apache-2.0
#include "tools/backward_lines.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace kith::tools {
namespace {

constexpr std::size_t kPiece = 256u * 1024;

}  // namespace

bool BackwardLines::readBefore() {
  if (from_ == 0 || error_ != 0) return false;
  const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(from_, kPiece));
  const std::int64_t begin = from_ - static_cast<std::int64_t>(wanted);
  std::string piece(wanted, '\0');
  for (std::size_t got = 0; got < wanted;) {
    const ssize_t size = pread(file_.get(), piece.data() + got, wanted - got,
                               begin + static_cast<std::int64_t>(got));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      error_ = size < 0 ? errno : EIO;  // it has become shorter
      return false;
    }
    got += static_cast<std::size_t>(size);
  }
  buffer_.resize(std::min(end_, kLineBytes + 1));
  buffer_.insert(0, piece);
  end_ = buffer_.size();
  from_ = begin;
  return true;
}

std::optional<std::string_view> BackwardLines::next() {
  if (!begun_) {
    begun_ = true;
    readBefore();
    if (end_ > 0 && buffer_[end_ - 1] == '\n') --end_;
  }
  if (end_ == 0 && from_ == 0) return std::nullopt;
  std::size_t searched = 0;  // bytes at the end that have no line end
  for (;;) {
    const std::size_t found =
        end_ > searched ? buffer_.rfind('\n', end_ - searched - 1) : std::string::npos;
    if (found != std::string::npos) {
      line_.assign(buffer_, found + 1, end_ - found - 1);
      end_ = found;
      return line_;
    }
    searched = std::min(end_, kLineBytes + 1);
    if (readBefore()) continue;
    if (error_ != 0) return std::nullopt;
    line_.assign(buffer_, 0, end_);
    end_ = 0;
    return line_;
  }
}

}  // namespace kith::tools
