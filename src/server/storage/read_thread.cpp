// SPDX-License-Identifier: Apache-2.0
#include "server/storage/read_thread.hpp"

#include <system_error>
#include <utility>

namespace kith::storage {

ReadThread::ReadThread(HandOut hand_out, Quiet quiet)
    : hand_out_(std::move(hand_out)), quiet_(std::move(quiet)) {}

Result<void> ReadThread::start(const std::string& file) {
  if (!reader_.open(file)) {
    return Error{Errc::InvalidArgument, 0, "storage: " + file + " cannot be read", false};
  }
  try {
    worker_ = base::startWorker("kith-reads", [this] { run(); });
    return {};
  } catch (const std::system_error& problem) {
    return Error{Errc::Internal, 0, std::string("storage: no thread: ") + problem.what(), false};
  }
}

void ReadThread::add(std::unique_ptr<Batch> batch, std::uint64_t after) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(batch), after});
  }
  changed_.notify_one();
}

void ReadThread::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    paused_ = false;
  }
  changed_.notify_one();
  if (worker_.thread.joinable()) worker_.thread.join();
  reader_.close();
}

void ReadThread::settled(std::uint64_t turn) {
  bool awaited = false;
  {
    const std::lock_guard lock(mutex_);
    settled_ = turn;
    awaited = !waiting_.empty();
  }
  if (awaited) changed_.notify_one();
}

bool ReadThread::pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
  return !reading_;
}

void ReadThread::resume() {
  {
    const std::lock_guard lock(mutex_);
    paused_ = false;
  }
  changed_.notify_one();
}

void ReadThread::run() {
  while (true) {
    Waiting next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] {
        return waiting_.empty() ? closing_ : waiting_.front().after <= settled_;
      });
      if (waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    next.batch->replay([this](Token token, const auto& request) { execute(token, request); });
  }
}

template <typename AnyRequest>
void ReadThread::execute(Token token, const AnyRequest& request) {
  if constexpr (kForReaderAlone<AnyRequest>) {
    beginRead();
    reader_.execute(token, request);
    endRead();
    hand_out_(answers_);
  } else if constexpr (kForReader<AnyRequest>) {
    reader_.execute(token, request);
  }
}

void ReadThread::beginRead() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !paused_; });
  reading_ = true;
}

// Outside of the lock: the commit thread may hold its own while it comes to pause().
void ReadThread::endRead() {
  bool awaited = false;
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    awaited = paused_;
  }
  if (awaited) quiet_();
}

}  // namespace kith::storage
