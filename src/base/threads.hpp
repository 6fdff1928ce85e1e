// SPDX-License-Identifier: Apache-2.0
// The threads of all rooms. They take no signals, so that the host's handlers run on the host's
// threads and SIGPIPE reaches nobody. Any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace kith::base {

/// A thread and whether its body is through.
struct Worker {
  std::thread thread;
  std::shared_ptr<std::atomic<bool>> finished;
};

/// Starts a thread with all signals blocked. `name` has at most 15 characters. Throws
/// std::system_error when there are no more threads.
Worker startWorker(const char* name, std::function<void()> body);

/// Takes a worker that was told to end but must not be waited for here (R3), perhaps because it is
/// the caller itself. It is joined when the process exits, so that no thread of ours runs into the
/// destruction of the libraries it uses.
void handOver(Worker worker);

/// Calls `end` when the process exits, unless `owner` is gone by then: a program may leave main()
/// with sessions open. Call it after the libraries that the thread uses were set up, because exit
/// handlers run backwards and the thread must end before those libraries do.
void endAtExit(std::weak_ptr<void> owner, std::function<void()> end);

}  // namespace kith::base
