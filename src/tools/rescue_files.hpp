// SPDX-License-Identifier: Apache-2.0
// The parts of an export that are downloads: the files that `_File` names, and the archive of an
// export job of the vendor. One thread.
#pragma once

#include <kith/result.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rescue/export_job.hpp"
#include "rescue/file_rows.hpp"
#include "tools/rescue_export.hpp"

namespace kith::tools {

/// Files go to `files/`, what became of each to `files.jsonl`.
class FileExport {
 public:
  /// `private_too`: also from this machine and private networks, where a client may have made a
  /// url lead.
  FileExport(const ExportRun& run, bool private_too) : run_(run), private_too_(private_too) {}

  Result<void> run();

 private:
  Result<rescue::FileLine> fetch(const rescue::FileRow& row);
  /// The url, asked for where the scan gave none. Empty when there is none.
  Result<std::string> urlOf(const rescue::FileRow& row);
  /// Asks for those of the next objects that have none, from `position` of their file on.
  Result<void> lookUpUrls(std::int64_t position);
  Result<void> note(rescue::Part& part, GrowingFile& list, const rescue::FileLine& line);

  const ExportRun& run_;
  bool private_too_;
  std::int64_t position_{0};  ///< of the line under way
  std::map<std::string, std::string> urls_;
};

/// The archive goes to `classes.tar.gz`, as it is.
class JobExport {
 public:
  JobExport(const ExportRun& run, std::vector<std::string> classes, std::chrono::milliseconds poll,
            bool private_too)
      : run_(run), classes_(std::move(classes)), poll_(poll), private_too_(private_too) {}

  Result<void> run();

 private:
  /// Asks for a job, or how far the one is that was asked for.
  Result<rescue::Job> ask(rescue::Part& part);
  /// Waits until it is done; one without an url was refused, which is noted.
  Result<rescue::Job> wait(rescue::Part& part);
  Result<void> refuse(rescue::Part& part, const rescue::Answer& answer);

  const ExportRun& run_;
  std::vector<std::string> classes_;
  std::chrono::milliseconds poll_;
  bool private_too_;
};

}  // namespace kith::tools
