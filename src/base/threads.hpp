// SPDX-License-Identifier: Apache-2.0
// The threads of all rooms. They take no signals, so that the host's handlers run on the host's
// threads and SIGPIPE has no effect. Any thread.
//
// A host may leave main() at any moment. Then exit handlers run backwards, ours before those of the
// libraries that our threads use, and each thread is told to end and is joined. In a forked child
// nothing of this happens for the threads of the parent, which it does not have.
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
/// std::system_error when there are no more threads, or when the process is leaving already: the
/// signal mask of the caller is then as before.
Worker startWorker(const char* name, std::function<void()> body);

/// Takes a worker that was told to end but must not be waited for here (R3), perhaps because it is
/// the caller itself. It is joined when the process exits, so that no thread of ours runs into the
/// destruction of the libraries it uses.
void handOver(Worker worker);

/// Calls `end` when the process exits, unless `owner` is gone by then. Call it before the thread is
/// started, on the thread that starts it. False when the process is leaving already: then start no
/// thread.
[[nodiscard]] bool endAtExit(std::weak_ptr<void> owner, std::function<void()> end);

/// Call it after a library was set up that cleans up when the process exits: threads that use it
/// are then ended before.
void endBeforeLibraries();

}  // namespace kith::base
