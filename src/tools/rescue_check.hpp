// SPDX-License-Identifier: Apache-2.0
// kith rescue check: whether a folder is what its export.json says, and, with a server, whether it
// is what the vendor has. Reads only. One thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "rescue/folder_check.hpp"
#include "rescue/state.hpp"
#include "tools/rescue_folder.hpp"
#include "tools/rescue_progress.hpp"
#include "tools/vendor_api.hpp"

namespace kith::tools {

class RescueCheck {
 public:
  RescueCheck(const RescueFolder& folder, RescueProgress& progress)
      : folder_(folder), progress_(progress) {}

  /// What the folder says of itself, and whether that is so. An Error when it cannot be read.
  Result<void> checkFolder();
  /// Counts of classes, and the newest messages of so many conversations, against the vendor's.
  /// After checkFolder().
  Result<void> checkServer(VendorApi& api, std::size_t sample);

  const rescue::State& manifest() const { return manifest_; }
  const rescue::Findings& findings() const { return findings_; }
  /// For what is checked beside it.
  rescue::Findings& findings() { return findings_; }

 private:
  using OnLine = std::function<void(std::string_view line)>;

  /// Walks through a file. An Error when it cannot be read; half of a line at its end is a fault,
  /// which is told once.
  Result<void> walk(const std::string& file, const OnLine& on_line, bool again = false);
  /// Walks through it once more for each part of the ids, and names those that come twice.
  Result<void> findRepeats(const std::string& file, std::string_view id_name, std::int64_t rows);
  void compare(const rescue::Part& part, const std::string& file, std::int64_t rows);
  Result<void> checkClass(const rescue::Part& part);
  Result<void> checkMessages(const rescue::Part& part);
  Result<void> checkLists(const rescue::Part& part);
  Result<void> checkFiles(const rescue::Part& part);
  void checkArchive(const rescue::Part& part);
  Result<void> checkCount(VendorApi& api, const rescue::Part& part);
  Result<void> checkSample(VendorApi& api, std::size_t sample);

  const RescueFolder& folder_;
  RescueProgress& progress_;
  rescue::State manifest_;
  rescue::Findings findings_;
  rescue::KnownConversations known_;
};

}  // namespace kith::tools
