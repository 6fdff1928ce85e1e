// SPDX-License-Identifier: Apache-2.0
#include "server/front/file_desk.hpp"

#include <system_error>

#include "server/rest/storage_calls.hpp"

namespace kith::front {

using Begun = rest::FileHost::Begun;

void FileDesk::end() {
  ended_ = true;
  {
    const base::Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notifyOne();
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
  {
    const base::Lock lock(mutex_);
    const bool full = !jobs_.empty() && bytes_ + bytes > kFileJobBytes;
    if (jobs_.size() >= kFileJobs || full) return Begun::Busy;
    bytes_ += bytes;
    jobs_.push_back({request, bytes, std::move(work)});
  }
  ++unanswered_;
  changed_.notifyOne();
  return Begun::Yes;
}

std::vector<FileDesk::Done> FileDesk::take() {
  if (unanswered_ == 0) return {};
  std::vector<Done> done;
  {
    const base::Lock lock(mutex_);
    done.swap(done_);
  }
  unanswered_ -= done.size();
  return done;
}

std::optional<FileDesk::Job> FileDesk::next() {
  base::Lock lock(mutex_);
  while (jobs_.empty() && !ending_) changed_.wait(lock);
  if (ending_) return std::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
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
  while (std::optional<Job> job = next()) {
    net::HttpReply reply = carryOut(*job);
    {
      const base::Lock lock(mutex_);
      bytes_ -= job->bytes;
      done_.push_back({job->request, std::move(reply)});
    }
    job.reset();
    wake_();
  }
}

}  // namespace kith::front
