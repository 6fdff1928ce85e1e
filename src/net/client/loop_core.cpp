// SPDX-License-Identifier: Apache-2.0
#include "net/client/loop_core.hpp"

#include <algorithm>
#include <chrono>
#include <sys/socket.h>
#include <system_error>
#include <utility>

#include "net/client/client_socket.hpp"
#include "net/client/inherited_sockets.hpp"
#include "net/client/lws_log.hpp"
#include "net/client/sigpipe_keeper.hpp"
#include "tls/tls_policy.hpp"

namespace kith::net {
namespace {

/// Besides the connections: the event pipe, and what is closing while its successor connects.
constexpr std::size_t kSpareFds = 8;
/// libwebsockets' own timeouts are to stay out of the way of ours.
constexpr unsigned kNoTimeoutSeconds = 24 * 3600;

/// Since version 4.3 a context hears of changed routes through a socket that programs of the host
/// would inherit. Under the SigpipeKeeper, so that no other context is made meanwhile.
lws_context* createContext(const lws_context_creation_info& info) {
#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
  const std::vector<int> before = inheritedSockets(AF_NETLINK);
  lws_context* const context = lws_create_context(&info);
  for (const int fd : inheritedSockets(AF_NETLINK)) {
    if (std::find(before.begin(), before.end(), fd) == before.end()) closeOnExec(fd);
  }
  return context;
#else
  return lws_create_context(&info);
#endif
}

}  // namespace

LoopCore::LoopCore(const ReactorOptions& options) : options_(options) { wake_up_.core = this; }

LoopCore::~LoopCore() = default;

bool LoopCore::post(Task task) {
  const base::Lock lock(mutex_);
  if (refusing_ || (!started_ && !startThread())) return false;
  tasks_.push_back(std::move(task));
  // One wake-up covers all that is posted until the loop looks.
  if (tasks_.size() == 1) wakeUpLoop();
  return true;
}

/// From another thread.
void LoopCore::wakeUpLoop() {
  if (shared_context_ != nullptr) {
    lws_cancel_service(shared_context_);
  } else {
    posted_.notifyOne();
  }
}

/// False when there are no more threads, or the process is leaving; the next task tries again.
bool LoopCore::startThread() {
  if (!tls::initTls()) return false;
  if (!registered_) registered_ = base::endAtExit(weak_from_this(), [this] { end(); });
  if (!registered_) return false;
  try {
    worker_ = base::startWorker("kith-io", [self = shared_from_this()] { self->run(); });
  } catch (const std::system_error&) {
    return false;
  }
  started_ = true;
  return true;
}

bool LoopCore::refuses() const {
  const base::Lock lock(mutex_);
  return refusing_;
}

bool LoopCore::onLoopThread() const {
  return thread_id_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void LoopCore::end() {
  base::Worker worker;
  {
    const base::Lock lock(mutex_);
    refusing_ = true;
    ending_.store(true, std::memory_order_release);
    if (!started_) {
      ended_.store(true, std::memory_order_release);
      return;
    }
    wakeUpLoop();
    worker = std::move(worker_);
  }
  if (!worker.thread.joinable()) return;
  base::handOver(std::move(worker));
}

void LoopCore::run() {
  thread_id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  openContext();
  while (!ending_.load(std::memory_order_acquire)) {
    turn();
    if (ending_.load(std::memory_order_acquire)) break;
    if (context_ == nullptr) {
      sleepWithoutContext();
      continue;
    }
    setWakeUp();
    if (lws_service(context_, 0) < 0) dropContext();
  }
  closeContext();
}

/// Posted tasks and alarms go on without sockets, for which there was no file or no memory.
void LoopCore::sleepWithoutContext() {
  if (!soon_.empty()) return;
  const base::Millis earliest = alarms_.earliest();
  base::Lock lock(mutex_);
  while (tasks_.empty() && !ending_.load(std::memory_order_relaxed)) {
    if (earliest == base::kNever) {
      posted_.wait(lock);
    } else if (!posted_.waitUntil(lock, std::chrono::steady_clock::time_point(earliest))) {
      return;
    }
  }
}

/// False without files or memory: asked again with the next connection.
bool LoopCore::openContext() {
  if (context_ != nullptr) return true;
  const SigpipeKeeper keeper;
  quietLws();
  lws_context_creation_info info{};
  log_.giveTo(info);
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.user = &woken_;
  info.uid = -1;
  info.gid = -1;
  info.fd_limit_per_thread = static_cast<unsigned>(options_.max_connections + kSpareFds);
  info.max_http_header_pool2 = static_cast<unsigned>(options_.max_connections + kSpareFds);
  info.pt_serv_buf_size =
      ClientSocket::kReadBuffer + LWS_PRE;  // it reads no more than it has itself
  info.timeout_secs = kNoTimeoutSeconds;
  // Not cleared: pages that are never written take no memory.
  read_buffer_ = std::make_unique_for_overwrite<char[]>(ClientSocket::kReadBuffer + 1);
  context_ = createContext(info);
  if (context_ == nullptr) return false;
  if (!vhosts_.open(context_) || !canBeWoken()) {
    dropContext();
    return false;
  }
  const base::Lock lock(mutex_);
  shared_context_ = context_;
  return true;
}

/// libwebsockets makes a context without the file that wakes it, too, when there was none.
bool LoopCore::canBeWoken() {
  woken_ = false;
  lws_cancel_service(context_);
  lws_service(context_, -1);  // looks once, without waiting
  return woken_;
}

/// The connections are lost, and their sockets say so in the next turn.
void LoopCore::dropContext() {
  {
    const base::Lock lock(mutex_);
    shared_context_ = nullptr;
  }
  lws_sul_cancel(&wake_up_.sul);
  wake_up_at_ = base::kNever;
  if (context_ != nullptr) lws_context_destroy(std::exchange(context_, nullptr));
  vhosts_.closed();
}

void LoopCore::closeContext() {
  {
    const base::Lock lock(mutex_);
    refusing_ = true;
  }
  // Whatever a closure deletes on its way out may be ours; the context must still be there.
  for (;;) {
    std::vector<Task> dropped;
    {
      const base::Lock lock(mutex_);
      dropped.swap(tasks_);
    }
    dropped.insert(dropped.end(), std::make_move_iterator(soon_.begin()),
                   std::make_move_iterator(soon_.end()));
    soon_.clear();
    if (dropped.empty()) break;
  }
  for (const auto& socket : sockets_) socket->silence();
  http_.end();
  dropContext();
  touched_.clear();
  unsent_.clear();
  held_.clear();
  sockets_.clear();
  ended_.store(true, std::memory_order_release);
}

/// Takes the sockets off the list before it turns to them: they may ask again for the next turn.
template <typename What>
void LoopCore::forEach(std::vector<std::shared_ptr<ClientSocket>>& sockets, What what) {
  current_.swap(sockets);
  for (const auto& socket : current_) {
    timePasses();
    what(*socket);
  }
  current_.clear();
}

void LoopCore::turn() {
  forEach(touched_, [](ClientSocket& socket) { socket.turnEnds(); });
  // What these ask for "soon" waits for the next turn: sockets have their chance in between.
  std::vector<Task> tasks;
  tasks.swap(soon_);
  for (Task& task : tasks) {
    timePasses();
    task();
  }
  timePasses();
  alarms_.fireDue(now().mono);
  runTasks();
  forEach(unsent_, [](ClientSocket& socket) { socket.flush(); });
  if (!soon_.empty()) wake();
}

base::Instant LoopCore::now() {
  if (!std::exchange(now_known_, true)) now_ = base::systemNow();
  return now_;
}

void LoopCore::runTasks() {
  std::vector<Task> tasks;
  {
    const base::Lock lock(mutex_);
    tasks.swap(tasks_);
  }
  for (Task& task : tasks) {
    timePasses();
    task();
    task = nullptr;
  }
}

void LoopCore::soon(Task task) {
  soon_.push_back(std::move(task));
  if (soon_.size() == 1) wake();
}

void LoopCore::wake() {
  if (context_ != nullptr) lws_cancel_service(context_);
}

void LoopCore::arm(Alarm& alarm, base::Millis deadline) {
  alarms_.arm(alarm, deadline);
  // From inside a callback this is the last chance before libwebsockets sleeps again.
  if (deadline < wake_up_at_) setWakeUp();
}

void LoopCore::setWakeUp() {
  const base::Millis earliest = alarms_.earliest();
  if (earliest == wake_up_at_ || context_ == nullptr) return;
  wake_up_at_ = earliest;
  if (earliest == base::kNever) {
    lws_sul_cancel(&wake_up_.sul);
    return;
  }
  using std::chrono::microseconds;
  const auto now =
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  const auto ahead = microseconds(earliest) - now;
  lws_sul_schedule(context_, 0, &wake_up_.sul, alarmIsDue,
                   ahead.count() > 0 ? static_cast<lws_usec_t>(ahead.count()) : 1);
}

/// Runs in the middle of lws_service(), which would go on to sleep: it only makes that return.
void LoopCore::alarmIsDue(lws_sorted_usec_list_t* sul) {
  LoopCore& core = *reinterpret_cast<WakeUp*>(sul)->core;
  core.wake_up_at_ = base::kNever;
  core.wake();
}

}  // namespace kith::net
