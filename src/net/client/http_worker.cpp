// SPDX-License-Identifier: Apache-2.0
#include "net/client/http_worker.hpp"

#include <curl/curl.h>

#include <list>
#include <system_error>
#include <utility>

#include "base/sync.hpp"
#include "base/threads.hpp"
#include "net/client/curl_exchange.hpp"
#include "net/client/curl_wake_pair.hpp"

namespace kith::net {

struct HttpWorker::Shared {
  explicit Shared(std::size_t max) : max_requests(max) {}

  const std::size_t max_requests;
  base::Mutex mutex;
  std::vector<HttpJob> jobs KITH_GUARDED_BY(mutex);
  CURLM* multi KITH_GUARDED_BY(mutex){nullptr};  // null while the thread cannot be woken
  bool ending KITH_GUARDED_BY(mutex){false};
  std::size_t running KITH_GUARDED_BY(mutex){0};
  base::Worker worker KITH_GUARDED_BY(mutex);

  void run();
  void serve(CURLM* handle);
  void refuseAll();
  bool takeJobs(CURLM* handle, std::list<CurlExchange>& exchanges);
};

namespace {

void finishDone(CURLM* multi, std::list<CurlExchange>& running) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    for (auto at = running.begin(); at != running.end(); ++at) {
      if (at->easy() != message->easy_handle) continue;
      const CURLcode code = message->data.result;
      at->keepTunnel(code);
      curl_multi_remove_handle(multi, at->easy());
      at->finish(code);
      running.erase(at);
      break;
    }
  }
}

Error outOfFiles() {
  return {Errc::NetworkDown, 0,
          "http: no file or memory was left; does the process have as many files open as it may "
          "(RLIMIT_NOFILE)?",
          false};
}

/// Null without files or memory. curl makes a handle, too, when it got no sockets to be woken with,
/// and would then sleep through every further job.
CURLM* makeMulti() {
  CURLM* const handle = curl_multi_init();
  if (handle == nullptr) return nullptr;
  if (curl_multi_wakeup(handle) != CURLM_OK) {
    curl_multi_cleanup(handle);
    return nullptr;
  }
  closeWakePairOnExec(handle);
  return handle;
}

}  // namespace

/// False when the worker is to end.
bool HttpWorker::Shared::takeJobs(CURLM* handle, std::list<CurlExchange>& exchanges) {
  std::vector<HttpJob> fresh;
  {
    const base::Lock lock(mutex);
    if (ending) {
      multi = nullptr;
      return false;
    }
    fresh.swap(jobs);
    running = exchanges.size() + fresh.size();
  }
  for (HttpJob& job : fresh) {
    exchanges.emplace_back(std::move(job));
    if (curl_multi_add_handle(handle, exchanges.back().easy()) == CURLM_OK) continue;
    exchanges.back().finish(CURLE_OUT_OF_MEMORY);
    exchanges.pop_back();
  }
  return true;
}

void HttpWorker::Shared::run() {
  CURLM* const handle = makeMulti();
  handle != nullptr ? serve(handle) : refuseAll();
}

/// There was no file or no memory. The thread goes, and the next job starts another.
void HttpWorker::Shared::refuseAll() {
  std::vector<HttpJob> refused;
  base::Worker self;
  {
    const base::Lock lock(mutex);
    refused.swap(jobs);
    self = std::move(worker);
  }
  for (const HttpJob& job : refused) job.done(outOfFiles());
  if (self.thread.joinable()) base::handOver(std::move(self));
}

void HttpWorker::Shared::serve(CURLM* handle) {
  {
    const base::Lock lock(mutex);
    multi = handle;
  }
  std::list<CurlExchange> exchanges;
  while (takeJobs(handle, exchanges)) {
    int active = 0;
    curl_multi_perform(handle, &active);
    finishDone(handle, exchanges);
    // Without transfers curl has no timers: an idle thread sleeps until it is woken (R20).
    curl_multi_poll(handle, nullptr, 0, active > 0 ? 60'000 : 24 * 3600 * 1000, nullptr);
  }
  for (CurlExchange& exchange : exchanges) curl_multi_remove_handle(handle, exchange.easy());
  exchanges.clear();
  curl_multi_cleanup(handle);
}

HttpWorker::HttpWorker(std::size_t max_requests)
    : shared_(std::make_shared<Shared>(max_requests)) {}

HttpWorker::~HttpWorker() { end(); }

void HttpWorker::add(HttpJob job) {
  static const bool curl_is_up = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  base::Lock lock(shared_->mutex);
  if (shared_->ending) return;
  if (shared_->jobs.size() + shared_->running >= shared_->max_requests) {
    lock.unlock();
    job.done(
        Error{Errc::QueueFull, 0, "http: too many requests are under way; wait for one", false});
    return;
  }
  if (!shared_->worker.thread.joinable()) {
    try {
      if (!curl_is_up) throw std::system_error(std::make_error_code(std::errc::not_supported));
      shared_->worker = base::startWorker("kith-http", [shared = shared_] { shared->run(); });
    } catch (const std::system_error&) {
      lock.unlock();
      job.done(Error{Errc::NetworkDown, 0, "http: there are no more threads", false});
      return;
    }
  }
  shared_->jobs.push_back(std::move(job));
  if (shared_->multi != nullptr) curl_multi_wakeup(shared_->multi);
}

void HttpWorker::end() {
  base::Worker worker;
  std::vector<HttpJob> dropped;
  {
    const base::Lock lock(shared_->mutex);
    if (std::exchange(shared_->ending, true)) return;
    if (shared_->multi != nullptr) curl_multi_wakeup(shared_->multi);
    dropped.swap(shared_->jobs);
    worker = std::move(shared_->worker);
  }
  if (worker.thread.joinable()) base::handOver(std::move(worker));
}

}  // namespace kith::net
