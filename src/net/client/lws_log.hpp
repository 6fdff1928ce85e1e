// SPDX-License-Identifier: Apache-2.0
// libwebsockets has one log function for the whole process, and the loops want none of it: what a
// connection has to say comes with its end.
#pragma once

#include <libwebsockets.h>

namespace kith::net {

/// A log of a context's own, which says nothing. Since version 4.3 libwebsockets counts what uses a
/// log, and aborts when the count is wrong: contexts on several threads would share the process's
/// log, whose count has no lock. It outlives its context.
class ContextLog {
 public:
  void giveTo(lws_context_creation_info& info);

 private:
#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
  lws_log_cx_t log_{};
#endif
};

/// From now on nothing is written of what libwebsockets says on this thread. Other threads, of a
/// program that uses it too, are heard on stderr as before.
/// Thread: a loop's, before it makes its context. Blocks: never.
void quietLws();

}  // namespace kith::net
