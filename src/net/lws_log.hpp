// SPDX-License-Identifier: Apache-2.0
// libwebsockets has one log function for the whole process. This sends each of its lines to the
// loop whose thread wrote it, and gives the function back when the last loop is gone.
#pragma once

#include "base/log.hpp"

namespace kith::net {

/// While it lives, what libwebsockets says on this thread goes to `log`. Make it on the loop's
/// thread before the context and destroy it there after the context. One at a time and thread.
class LwsLog {
 public:
  explicit LwsLog(base::LogFront log);
  ~LwsLog();
  LwsLog(const LwsLog&) = delete;
  LwsLog& operator=(const LwsLog&) = delete;

 private:
  base::LogFront log_;
};

/// For a loop that has no sink: from now on nobody hears what libwebsockets says on this thread.
void quietLws();

}  // namespace kith::net
