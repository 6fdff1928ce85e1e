// SPDX-License-Identifier: Apache-2.0
// A folder of files with the shorthand of its tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/files/files.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace kith::files {

namespace fs = std::filesystem;

inline constexpr std::string_view kId = "54753e1ee4b0b41b21e0e76e";

class FilesBench {
 public:
  explicit FilesBench(const FileLimits& limits = {}) { open(limits); }

  void open(const FileLimits& limits = {}) {
    files.reset();
    auto opened = openFileFolder(path(), limits);
    REQUIRE(opened);
    files = std::move(opened).value();
  }
  std::string path() const { return folder.file("files"); }
  /// Where the id of the app "app" has its place.
  fs::path place(std::string_view id) const {
    return fs::path(path()) / "617070" / id.substr(id.size() - 2) / id;
  }
  /// What is on its way.
  std::size_t incoming() const {
    return static_cast<std::size_t>(std::distance(
        fs::directory_iterator(fs::path(path()) / "incoming"), fs::directory_iterator()));
  }
  Result<WrittenFile> put(std::string_view id, std::string_view bytes, const UploadPlan& plan = {},
                          std::string_view app = "app") {
    auto upload = files->begin(app, id, plan);
    if (!upload) return upload.error();
    if (Result<void> written = (*upload)->write(bytes); !written) return written.error();
    return (*upload)->finish();
  }
  std::string get(std::string_view id, std::string_view app = "app") {
    const auto file = files->open(app, id);
    REQUIRE(file);
    std::string bytes;
    file->read(0, file->size(), bytes);
    return bytes;
  }
  std::vector<std::string> list(std::string_view after = {}, std::size_t limit = kListedFiles) {
    const auto page = files->list("app", after, limit);
    REQUIRE(page);
    std::vector<std::string> ids;
    for (const FileInfo& file : page->files) ids.push_back(file.id);
    return ids;
  }
  std::uint64_t used() { return *files->usedBytes("app"); }

  testing::TemporaryFolder folder;
  std::unique_ptr<Files> files;
};

}  // namespace kith::files
