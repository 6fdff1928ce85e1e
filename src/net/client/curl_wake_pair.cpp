// SPDX-License-Identifier: Apache-2.0
#include "net/client/curl_wake_pair.hpp"

#include <algorithm>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <vector>

#include "net/client/inherited_sockets.hpp"

namespace kith::net {
namespace {

/// Sockets of the host that come and go by chance at the same moments do not do so as often.
constexpr int kRounds = 3;

/// A byte is under way: to this socket, or from it.
bool isStirred(int fd) {
  int in = 0;
  int out = 0;
  return ::ioctl(fd, SIOCINQ, &in) == 0 && ::ioctl(fd, SIOCOUTQ, &out) == 0 && in + out > 0;
}

}  // namespace

void closeWakePairOnExec(CURLM* multi) {
  std::vector<int> sockets = inheritedSockets(AF_UNIX);
  const auto keepThose = [&sockets](bool stirred) {
    sockets.erase(std::remove_if(sockets.begin(), sockets.end(),
                                 [stirred](int fd) { return isStirred(fd) != stirred; }),
                  sockets.end());
  };
  curl_multi_poll(multi, nullptr, 0, 0, nullptr);  // takes what may be under way
  for (int round = 0; round < kRounds; ++round) {
    keepThose(false);
    if (sockets.empty()) return;
    curl_multi_wakeup(multi);
    keepThose(true);
    curl_multi_poll(multi, nullptr, 0, 0, nullptr);  // takes the byte
  }
  keepThose(false);
  for (const int fd : sockets) closeOnExec(fd);
}

}  // namespace kith::net
