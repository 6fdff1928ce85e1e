// SPDX-License-Identifier: Apache-2.0
// The folder that files lie in, as system calls: `incoming/` has what is on its way, and
// `<app's id in hex>/<last two characters of the id>/<id>` what is kept. Every step opens what it
// has been given by the step before, and follows no link. Any thread; FolderFiles sees to it that
// two do not place the same file.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/files/descriptor.hpp"
#include "server/files/files.hpp"
#include "server/storage/folder_lock.hpp"

namespace kith::files {

/// What a system call has left in errno, as an Error: ServerBusy when the disk is full.
Error diskError(std::string_view what);

class FileFolder {
 public:
  /// Makes it, keeps others out, and takes away what is left of uploads.
  static Result<FileFolder> open(const std::string& folder);

  /// InvalidArgument when it cannot be the name of a file or of an app's folder.
  static Result<void> checkId(std::string_view id);
  static Result<void> checkApp(std::string_view app);

  /// Both ids are of one part of the list; an empty one is of none.
  static bool isSamePart(std::string_view a, std::string_view b);

  // Of a file on its way; its name is made by the caller, not by a stranger.
  Result<Descriptor> make(const std::string& temporary) const;
  void drop(const std::string& temporary) const;
  /// Gives it its place. Both folders are on stable storage afterwards.
  Result<void> place(const std::string& temporary, std::string_view app, std::string_view id) const;

  // Of a kept one. `bytes` is its size.
  Result<Descriptor> openFile(std::string_view app, std::string_view id,
                              std::uint64_t& bytes) const;
  Result<void> remove(std::string_view app, std::string_view id) const;
  /// Calls `use` with the names of each part of an app's files, in the order of the list, from the
  /// part that `after` is in, until it returns false.
  using UsePart = std::function<bool(const Descriptor& part, std::vector<std::string>& names)>;
  Result<void> eachPart(std::string_view app, std::string_view after, const UsePart& use) const;

 private:
  /// The folder of a part. Without `make`: none when there is no such folder.
  Result<Descriptor> openPart(std::string_view app, std::string_view id, bool make) const;
  Result<void> sweep() const;

  storage::FolderLock lock_;
  Descriptor root_;
  Descriptor incoming_;
};

}  // namespace kith::files
