// SPDX-License-Identifier: Apache-2.0
#include "server/storage/read_thread.hpp"

#include <system_error>
#include <utility>

namespace kith::storage {
namespace {

// Reads in one transaction.
constexpr int kReadsAtATime = 64;

}  // namespace

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

void ReadThread::add(Lane lane, std::unique_ptr<Batch> batch, std::uint64_t after) {
  {
    const base::Lock lock(mutex_);
    (lane == Lane::First ? first_ : last_).push_back({std::move(batch), after});
  }
  changed_.notifyOne();
}

void ReadThread::close() {
  {
    const base::Lock lock(mutex_);
    closing_ = true;
    paused_ = false;
  }
  changed_.notifyOne();
  if (worker_.thread.joinable()) worker_.thread.join();
  reader_.close();
}

void ReadThread::settled(std::uint64_t turn) {
  bool awaited = false;
  {
    const base::Lock lock(mutex_);
    settled_ = turn;
    awaited = !isEmpty();
  }
  if (awaited) changed_.notifyOne();
}

bool ReadThread::pause() {
  const base::Lock lock(mutex_);
  paused_ = true;
  return !reading_;
}

void ReadThread::resume() {
  {
    const base::Lock lock(mutex_);
    paused_ = false;
  }
  changed_.notifyOne();
}

ReadThread::Queue* ReadThread::nextLane() {
  for (Queue* lane : {&first_, &last_}) {
    if (!lane->empty() && lane->front().after <= settled_) return lane;
  }
  return nullptr;
}

void ReadThread::run() {
  while (true) {
    Waiting next;
    {
      base::Lock lock(mutex_);
      Queue* lane = nextLane();
      while (lane == nullptr) {
        if (closing_ && isEmpty()) return;
        changed_.wait(lock);
        lane = nextLane();
      }
      next = std::move(lane->front());
      lane->pop_front();
    }
    next.batch->replay([this](Token token, const auto& request) { execute(token, request); });
    endReads();
  }
}

template <typename AnyRequest>
void ReadThread::execute(Token token, const AnyRequest& request) {
  if constexpr (kForReaderAlone<AnyRequest>) {
    if (reads_ == 0) beginReads();
    ++reads_;
    reader_.execute(token, request);
    if (mustEnd()) endReads();
  } else if constexpr (kForReader<AnyRequest>) {
    reader_.execute(token, request);
  }
}

// Small reads share a state of the file; answers must not wait for many, nor the log.
bool ReadThread::mustEnd() {
  if (reads_ >= kReadsAtATime) return true;
  const base::Lock lock(mutex_);
  return paused_;
}

void ReadThread::beginReads() {
  {
    base::Lock lock(mutex_);
    while (paused_) changed_.wait(lock);
    reading_ = true;
  }
  reader_.begin();
}

// Quiet is called outside of the lock: the commit thread may hold its own while it comes to
// pause().
void ReadThread::endReads() {
  if (std::exchange(reads_, 0) == 0) return;
  reader_.end();
  bool awaited = false;
  {
    const base::Lock lock(mutex_);
    reading_ = false;
    awaited = paused_;
  }
  if (awaited) quiet_();
  hand_out_(answers_);
}

}  // namespace kith::storage
