// SPDX-License-Identifier: Apache-2.0
// The files that objects of `_File` stand for, and the lines of `files.jsonl`. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kith::rescue {

struct FileRow {
  std::string id;
  std::string name;
  std::string url;  ///< empty: a scan has none for files that the vendor keeps itself
  std::optional<std::int64_t> size;  ///< as the client that uploaded it said
};

/// Of a line of the class; nullopt when it is no object with an id.
std::optional<FileRow> fileRowOf(std::string_view line);
/// `<objectId>-<name>`: a name that every file system takes and that leads nowhere else.
std::string fileNameOf(const FileRow& row);
/// Asks for objects with their urls.
std::string filesTarget(const std::vector<std::string>& ids);
/// The urls in the answer, by id.
std::map<std::string, std::string> fileUrlsIn(std::string_view body);

/// What became of a file.
struct FileLine {
  std::string id;
  std::string file;  ///< in the folder; empty = it is not there
  std::int64_t bytes{0};
  std::string problem;  ///< why it is not there, or what is odd; empty = nothing
};

/// With its line end.
std::string formatFileLine(const FileLine& line);
std::optional<FileLine> parseFileLine(std::string_view line);

}  // namespace kith::rescue
