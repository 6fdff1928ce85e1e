// SPDX-License-Identifier: Apache-2.0
// What HTTP asks of the folder of files, one after the other on a thread of its own, since each may
// wait for the disk. The thread and the folder begin with the first one. Owned by the front, loop
// thread only.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/sync.hpp"
#include "base/threads.hpp"
#include "server/files/files.hpp"
#include "server/rest/rest_host.hpp"

namespace kith::front {

/// Jobs that wait, and bytes that they hold.
inline constexpr std::size_t kFileJobs = 256;
inline constexpr std::size_t kFileJobBytes = 64u * 1024 * 1024;

class FileDesk {
 public:
  /// `folder` empty: there is none. `wake` is called on another thread when take() has something.
  FileDesk(std::string folder, std::function<void()> wake)
      : folder_(std::move(folder)), wake_(std::move(wake)) {}
  ~FileDesk() { end(); }
  FileDesk(const FileDesk&) = delete;
  FileDesk& operator=(const FileDesk&) = delete;

  rest::FileHost::Begun begin(net::RequestId request, std::size_t bytes, rest::FileHost::Work work)
      KITH_EXCLUDES(mutex_);
  struct Done {
    net::RequestId request;
    net::HttpReply reply;
  };
  /// What is done since the last call.
  std::vector<Done> take() KITH_EXCLUDES(mutex_);
  /// Waits for the job that is carried out; the others are dropped, and no more are taken.
  void end() KITH_EXCLUDES(mutex_);
  /// Something is to be done, or taken.
  bool busy() const { return unanswered_ > 0; }

 private:
  struct Job {
    net::RequestId request;
    std::size_t bytes;
    rest::FileHost::Work work;
  };
  void run() KITH_EXCLUDES(mutex_);
  net::HttpReply carryOut(const Job& job);
  std::optional<Job> next() KITH_EXCLUDES(mutex_);

  const std::string folder_;
  const std::function<void()> wake_;
  std::size_t unanswered_{0};
  bool ended_{false};
  base::Worker worker_;
  std::unique_ptr<files::Files> files_;  ///< of the worker's thread
  base::Mutex mutex_;
  base::Condition changed_;
  std::deque<Job> jobs_ KITH_GUARDED_BY(mutex_);
  std::size_t bytes_ KITH_GUARDED_BY(mutex_){0};
  std::vector<Done> done_ KITH_GUARDED_BY(mutex_);
  bool ending_ KITH_GUARDED_BY(mutex_){false};
};

}  // namespace kith::front
