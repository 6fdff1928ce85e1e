// SPDX-License-Identifier: Apache-2.0
// The thread that reads beside the commits. A read begins when the changes that were asked for
// before it are settled (committed or refused), and never holds up a commit. Queues and groups, for
// which a connection waits, come before pages of the history. Only the log of the
// database has to wait for it: it begins anew when nothing is read, so the commit thread may ask
// that the next read begins after that.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/sync.hpp"
#include "base/threads.hpp"
#include "server/storage/batch.hpp"
#include "server/storage/sqlite_reader.hpp"

namespace kith::storage {

class ReadThread {
 public:
  /// Takes the answers; they are empty afterwards.
  using HandOut = std::function<void(Answers&)>;
  /// A read has ended that the commit thread waits for: pause() is worth another try.
  using Quiet = std::function<void()>;

  ReadThread(HandOut hand_out, Quiet quiet);
  ~ReadThread() { close(); }
  ReadThread(const ReadThread&) = delete;
  ReadThread& operator=(const ReadThread&) = delete;

  // The hub's thread.
  Result<void> start(const std::string& file);
  enum class Lane { First, Last };
  /// Reads once the turns up to `after` are settled; the first lane before the last one.
  void add(Lane lane, std::unique_ptr<Batch> batch, std::uint64_t after);
  /// Does what was asked, then stops. Everything must be settled, and the commit thread be gone.
  void close();

  /// Messages that were too old when their receiver came back. Any thread.
  std::uint64_t expired() const { return reader_.expired(); }

  // The commit thread.
  /// The turns up to this one are settled.
  void settled(std::uint64_t turn);
  /// No read begins until resume(). False: one is under way.
  bool pause();
  void resume();

 private:
  struct Waiting {
    std::unique_ptr<Batch> batch;
    std::uint64_t after;
  };
  using Queue = std::deque<Waiting>;
  void run();
  /// What is to be read next; null: nothing yet.
  Queue* nextLane() KITH_REQUIRES(mutex_);
  bool isEmpty() const KITH_REQUIRES(mutex_) { return first_.empty() && last_.empty(); }
  template <typename AnyRequest>
  void execute(Token token, const AnyRequest& request);
  void beginReads();
  void endReads();
  bool mustEnd();

  const HandOut hand_out_;
  const Quiet quiet_;
  // The read thread's; when there is none, the hub's.
  Answers answers_;
  SqliteReader reader_{answers_};
  int reads_{0};  // since beginReads(); 0 = not begun

  base::Mutex mutex_;
  base::Condition changed_;
  Queue first_ KITH_GUARDED_BY(mutex_);
  Queue last_ KITH_GUARDED_BY(mutex_);
  std::uint64_t settled_ KITH_GUARDED_BY(mutex_){0};
  bool reading_ KITH_GUARDED_BY(mutex_){false};
  bool paused_ KITH_GUARDED_BY(mutex_){false};
  bool closing_ KITH_GUARDED_BY(mutex_){false};

  base::Worker worker_;
};

}  // namespace kith::storage
