// SPDX-License-Identifier: Apache-2.0
#include "net/client/lws_log.hpp"

#include <libwebsockets.h>

#include <mutex>

namespace kith::net {
namespace {

// Not its notices: it formats lines into one static buffer, which two threads would share at every
// start, and they say nothing to the host.
constexpr int kLevels = LLL_ERR | LLL_WARN;

thread_local bool quiet = false;

void emit(int level, const char* line) {
  if (!quiet) lwsl_emit_stderr(level, line);
}

}  // namespace

void ContextLog::giveTo(lws_context_creation_info& info) {
#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
  log_ = {};
  info.log_cx = &log_;
#else
  static_cast<void>(info);
#endif
}

// Set once and never given back: such a thread does not say when it ends.
void quietLws() {
  static std::once_flag once;
  quiet = true;
  std::call_once(once, [] { lws_set_log_level(kLevels, emit); });
}

}  // namespace kith::net
