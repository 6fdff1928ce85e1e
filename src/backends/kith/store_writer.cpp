// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/store_writer.hpp"

#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "base/sync.hpp"
#include "base/threads.hpp"

namespace kith::backends {
namespace {

/// A disk that fails for each of so many changes in a row fails for the rest too.
constexpr int kFailuresInRow = 8;

Error storeFailed(std::string detail) { return {Errc::StoreFailed, 0, std::move(detail), false}; }

/// Whatever the store does, the outcome is a value with the one code that is promised. `call` is
/// code of the application as much as a callback.
template <typename T, typename Call>
Result<T> guarded(const Call& call) {
  try {
    Result<T> result = call();
    if (result.ok() || result.error().code == Errc::StoreFailed) return result;
    return storeFailed(result.error().detail);
  } catch (...) {
    return storeFailed("Options::store threw an exception");
  }
}

}  // namespace

struct StoreWriter::State : std::enable_shared_from_this<State> {
  std::shared_ptr<Store> store;
  std::string app_id;
  Callbacks callbacks;

  base::Mutex mutex;
  base::Condition changed;
  std::vector<Job> queue KITH_GUARDED_BY(mutex);
  bool ending KITH_GUARDED_BY(mutex){false};
  std::optional<base::Worker> worker KITH_GUARDED_BY(mutex);

  /// False: the next jobs try again.
  bool startThread() KITH_REQUIRES(mutex) {
    try {
      worker = base::startWorker("kith-store", [state = shared_from_this()] { state->run(); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void run() {
    std::vector<Job> jobs;
    while (next(jobs)) work(jobs);
  }

  /// False when there is nothing more to come.
  bool next(std::vector<Job>& jobs) {
    jobs.clear();
    base::Lock lock(mutex);
    while (!ending && queue.empty()) changed.wait(lock);
    jobs.swap(queue);
    return !jobs.empty();
  }

  void work(std::vector<Job>& jobs) {
    std::vector<PeerChange> batch;
    for (Job& job : jobs) {
      if (auto* change = std::get_if<PeerChange>(&job)) {
        batch.push_back(std::move(*change));
        continue;
      }
      commit(batch);
      const Load& load = std::get<Load>(job);
      callbacks.loaded(load.session,
                       guarded<StoredPeer>([&] { return store->load(app_id, load.peer_id); }));
    }
    commit(batch);
  }

  void commit(std::vector<PeerChange>& batch) {
    if (batch.empty()) return;
    const Result<void> result = guarded<void>([&] { return store->commit(app_id, batch); });
    if (result.ok() || batch.size() == 1) {
      callbacks.kept(batch.size(), result);
    } else {
      commitEach(batch);
    }
    batch.clear();
  }

  /// One change that does not fit must not take the others with it, least of all those that make
  /// room.
  void commitEach(std::vector<PeerChange>& batch) {
    int failures = 0;
    for (std::size_t at = 0; at < batch.size(); ++at) {
      const std::vector<PeerChange> one{std::move(batch[at])};
      const Result<void> result = guarded<void>([&] { return store->commit(app_id, one); });
      failures = result.ok() ? 0 : failures + 1;
      if (failures == kFailuresInRow) return callbacks.kept(batch.size() - at, result);
      callbacks.kept(1, result);
    }
  }

  void refuse(const std::vector<Job>& jobs) {
    const Error error = storeFailed("there are no more threads to write to Options::store");
    for (const Job& job : jobs) {
      if (const auto* load = std::get_if<Load>(&job)) {
        callbacks.loaded(load->session, error);
      } else {
        callbacks.kept(1, error);
      }
    }
  }

  /// The thread finishes the queue and goes; it is waited for when the process exits.
  void end() {
    std::optional<base::Worker> gone;
    {
      const base::Lock lock(mutex);
      ending = true;
      gone.swap(worker);
    }
    changed.notifyAll();
    if (gone) base::handOver(std::move(*gone));
  }
};

StoreWriter::StoreWriter(std::shared_ptr<Store> store, std::string app_id, Callbacks callbacks)
    : state_(std::make_shared<State>()) {
  state_->store = std::move(store);
  state_->app_id = std::move(app_id);
  state_->callbacks = std::move(callbacks);
  // Under the lock: a process that exits at this moment waits, and finds the thread.
  const base::Lock lock(state_->mutex);
  if (!base::endAtExit(state_, [state = state_.get()] { state->end(); })) return;
  state_->startThread();
}

StoreWriter::~StoreWriter() { state_->end(); }

void StoreWriter::take(std::vector<Job>& jobs) {
  if (jobs.empty()) return;
  base::Lock lock(state_->mutex);
  if (!state_->worker && !state_->ending && !state_->startThread()) {
    lock.unlock();
    state_->refuse(jobs);
    return jobs.clear();
  }
  if (state_->queue.empty()) {
    state_->queue.swap(jobs);
  } else {
    state_->queue.insert(state_->queue.end(), std::make_move_iterator(jobs.begin()),
                         std::make_move_iterator(jobs.end()));
  }
  lock.unlock();
  state_->changed.notifyOne();
  jobs.clear();
}

}  // namespace kith::backends
