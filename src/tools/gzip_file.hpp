// SPDX-License-Identifier: Apache-2.0
// A file that gzip has packed, unpacked as it is read. One thread.
#pragma once

#include <kith/result.hpp>

#include <string>
#include <string_view>

#include "tools/rescue_folder.hpp"

namespace kith::tools {

class GzipFile {
 public:
  explicit GzipFile(const OpenFile& file);
  ~GzipFile();
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;

  /// The next bytes, good until the next call; empty = there are no more. StoreFailed when the file
  /// is damaged, cut or cannot be read.
  Result<std::string_view> next();

 private:
  void* gzip_;  ///< null = there is no memory for it
  std::string piece_;
};

}  // namespace kith::tools
