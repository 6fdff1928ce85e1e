// SPDX-License-Identifier: Apache-2.0
// kith rescue import: what an export holds goes into a running kithd, conversations first, then
// messages from the oldest to the newest, then objects of other classes, and is looked for there in
// the end. Nothing is kept of how far it is: kithd knows what it has. One thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rescue/folder_check.hpp"
#include "rescue/import_answer.hpp"
#include "tools/rescue_folder.hpp"
#include "tools/rescue_progress.hpp"
#include "tools/vendor_api.hpp"

namespace kith::tools {

class RescueImport {
 public:
  /// `look`: nothing is changed, and the counts say what would be.
  RescueImport(const RescueFolder& folder, VendorApi& kithd, RescueProgress& progress, bool look)
      : folder_(folder), kithd_(kithd), progress_(progress), look_(look) {}

  /// An Error when a file cannot be read, or kithd cannot be asked.
  Result<void> run();

  struct Part {
    std::string name;  ///< a class, or `messages`
    rescue::ImportCounts counts;
  };
  const std::vector<Part>& parts() const { return parts_; }
  rescue::ImportCounts all() const;
  /// Lines that were refused, with file and line.
  const rescue::Findings& findings() const { return findings_; }

 private:
  struct Source {
    std::string file;
    std::string class_name;  ///< empty: an archive of such files
  };
  class Archived;

  Result<std::vector<Source>> sources() const;
  Result<void> importClass(const Source& source);
  /// The classes in an archive that come at this time.
  Result<void> importArchive(const std::string& file, int order);
  Result<void> importMessages();
  Result<std::int64_t> countLines(const std::string& file);
  /// Keeps a row of `file_` until there are enough for a request.
  Result<void> add(std::int64_t line, std::string_view row);
  Result<void> send();
  Part& part();

  const RescueFolder& folder_;
  VendorApi& kithd_;
  RescueProgress& progress_;
  const bool look_;
  rescue::Findings findings_;
  std::vector<Part> parts_;
  // Of the file that is being read.
  std::string file_;
  std::string class_name_;
  std::string body_;
  std::vector<std::int64_t> lines_;  ///< of the rows in the body
};

}  // namespace kith::tools
