// SPDX-License-Identifier: Apache-2.0
#include "tools/gzip_file.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <zlib.h>

namespace kith::tools {
namespace {

constexpr std::size_t kPiece = 256u * 1024;

Error failed(const char* why) { return {Errc::StoreFailed, 0, why, false}; }

}  // namespace

// gzclose() closes its descriptor.
GzipFile::GzipFile(const OpenFile& file) : gzip_(nullptr), piece_(kPiece, '\0') {
  const int own = dup(file.get());
  if (own < 0) return;
  gzip_ = gzdopen(own, "rb");
  if (gzip_ == nullptr) ::close(own);
}

GzipFile::~GzipFile() {
  if (gzip_ != nullptr) gzclose(static_cast<gzFile>(gzip_));
}

Result<std::string_view> GzipFile::next() {
  if (gzip_ == nullptr) return failed("cannot be opened");
  const auto file = static_cast<gzFile>(gzip_);
  const int size = gzread(file, piece_.data(), static_cast<unsigned>(piece_.size()));
  if (size > 0) return std::string_view(piece_).substr(0, static_cast<std::size_t>(size));
  int code = Z_OK;
  const char* const words = gzerror(file, &code);
  if (code == Z_ERRNO) return failed(std::strerror(errno));
  if (code == Z_BUF_ERROR) return failed("ends in the middle");
  if (size < 0 || code != Z_OK) return failed(words);
  return std::string_view();
}

}  // namespace kith::tools
