// SPDX-License-Identifier: Apache-2.0
// The file in the data folder that keeps what administrators changed of apps. It holds keys. One
// owner.
#pragma once

#include <kith/result.hpp>

#include <string>
#include <string_view>

namespace kith::apps {

class AppsFile {
 public:
  /// `folder` is there. InvalidArgument when it cannot be found.
  static Result<AppsFile> in(const std::string& folder);

  const std::string& path() const { return path_; }
  /// All of it; empty when there is none. InvalidArgument names the file when it is a link, cannot
  /// be read, or is longer than 16 MiB.
  Result<std::string> read() const;
  /// In place of what is there, for its owner alone (0600) and on stable storage. When that fails,
  /// or the machine does, the old one is whole. Blocks on the disk.
  Result<void> write(std::string_view text) const;

 private:
  explicit AppsFile(std::string folder);

  std::string folder_;
  std::string path_;
};

}  // namespace kith::apps
