// SPDX-License-Identifier: Apache-2.0
#include "server/front/file_desk.hpp"

#include <optional>
#include <system_error>

#include "server/rest/storage_calls.hpp"

namespace kith::front {

using Begun = rest::FileHost::Begun;

void FileDesk::end() {
  ended_ = true;
  queue_.end();
  if (worker_.thread.joinable()) worker_.thread.join();
}

Begun FileDesk::begin(net::RequestId request, std::size_t bytes, rest::FileHost::Work work) {
  if (folder_.empty()) return Begun::NoFolder;
  if (ended_) return Begun::Busy;
  if (!worker_.thread.joinable()) {
    try {
      worker_ = base::startWorker("kith-files", [this] { run(); });
    } catch (const std::system_error&) {
      return Begun::Busy;
    }
  }
  const std::size_t waiting = queue_.waiting();
  const bool full = waiting > 0 && bytes_ + bytes > kFileJobBytes;
  if (waiting >= kFileJobs || full) return Begun::Busy;
  bytes_ += bytes;
  queue_.put({request, bytes, std::move(work)});
  return Begun::Yes;
}

// A folder that cannot be had is tried again with the next job: the disk may have room by then.
net::HttpReply FileDesk::carryOut(const Job& job) {
  if (!files_) {
    auto opened = files::openFileFolder(folder_, {});
    if (!opened) return rest::refuse(503, 1, opened.error().detail);
    files_ = std::move(opened).value();
  }
  return job.work(*files_);
}

void FileDesk::run() {
  while (std::optional<Job> job = queue_.next()) {
    net::HttpReply reply = carryOut(*job);
    bytes_ -= job->bytes;
    queue_.finish({job->request, std::move(reply)});
    job.reset();
    wake_();
  }
}

}  // namespace kith::front
