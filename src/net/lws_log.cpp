// SPDX-License-Identifier: Apache-2.0
#include "net/lws_log.hpp"

#include <libwebsockets.h>

#include <mutex>
#include <string_view>
#include <utility>

namespace kith::net {
namespace {

// Not its notices: it formats lines into one static buffer, which two threads would share at every
// start, and they tell nobody anything.
constexpr int kLevels = LLL_ERR | LLL_WARN;

std::mutex users_mutex;
int users = 0;
thread_local const base::LogFront* thread_log = nullptr;

// Level Error is for bugs of ours; what libwebsockets calls an error is mostly the other side's.
void emit(int level, const char* line) {
  if (thread_log == nullptr) {
    // Somebody else in this process uses libwebsockets, too.
    if ((level & (LLL_ERR | LLL_WARN)) != 0) lwsl_emit_stderr(level, line);
    return;
  }
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  thread_log->log((level & LLL_ERR) != 0 ? LogLevel::Warn : LogLevel::Info, "lws", text);
}

void addUser() {
  const std::lock_guard lock(users_mutex);
  if (users++ == 0) lws_set_log_level(kLevels, emit);
}

}  // namespace

LwsLog::LwsLog(base::LogFront log) : log_(std::move(log)) {
  thread_log = &log_;
  addUser();
}

LwsLog::~LwsLog() {
  thread_log = nullptr;
  const std::lock_guard lock(users_mutex);
  if (--users == 0) lws_set_log_level(LLL_ERR | LLL_WARN, lwsl_emit_stderr);
}

// Counted once and never given back: such a thread does not say when it ends.
void quietLws() {
  static const base::LogFront silent;
  static std::once_flag counted;
  thread_log = &silent;
  std::call_once(counted, addUser);
}

}  // namespace kith::net
