// SPDX-License-Identifier: Apache-2.0
// libcurl before 8.0 makes the two sockets that wake curl_multi_poll() without close-on-exec and
// does not say their numbers, so every program that the host starts would inherit them.
#pragma once

#include <curl/curl.h>

namespace kith::net {

/// Finds the two by what they do when `multi` is woken, and marks them. A program that is started
/// between curl_multi_init() and this still inherits them. The thread that polls `multi`.
void closeWakePairOnExec(CURLM* multi);

}  // namespace kith::net
