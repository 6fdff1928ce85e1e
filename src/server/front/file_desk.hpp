// SPDX-License-Identifier: Apache-2.0
// What HTTP asks of the folder of files, one after the other on a thread of its own, since each may
// wait for the disk. The thread and the folder begin with the first one. Owned by the front, loop
// thread only.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/threads.hpp"
#include "server/files/files.hpp"
#include "server/front/job_queue.hpp"
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

  rest::FileHost::Begun begin(net::RequestId request, std::size_t bytes, rest::FileHost::Work work);
  struct Done {
    net::RequestId request;
    net::HttpReply reply;
  };
  /// What is done since the last call.
  std::vector<Done> take() { return queue_.take(); }
  /// Waits for the job that is carried out; the others are dropped, and no more are taken.
  void end();
  /// Something is to be done, or taken.
  bool busy() const { return queue_.unanswered() > 0; }

 private:
  struct Job {
    net::RequestId request;
    std::size_t bytes;
    rest::FileHost::Work work;
  };
  void run();
  net::HttpReply carryOut(const Job& job);

  const std::string folder_;
  const std::function<void()> wake_;
  bool ended_{false};
  base::Worker worker_;
  std::unique_ptr<files::Files> files_;  ///< of the worker's thread
  std::atomic<std::size_t> bytes_{0};    ///< of what is not carried out
  JobQueue<Job, Done> queue_;
};

}  // namespace kith::front
