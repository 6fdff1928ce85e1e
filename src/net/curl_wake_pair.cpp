// SPDX-License-Identifier: Apache-2.0
#include "net/curl_wake_pair.hpp"

#include <algorithm>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <memory>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <vector>

namespace kith::net {
namespace {

/// Sockets of the host that come and go by chance at the same moments do not do so as often.
constexpr int kRounds = 3;

bool isInherited(int fd) {
  const int flags = ::fcntl(fd, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

bool isUnixSocket(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/// A byte is under way: to this socket, or from it.
bool isStirred(int fd) {
  int in = 0;
  int out = 0;
  return ::ioctl(fd, SIOCINQ, &in) == 0 && ::ioctl(fd, SIOCOUTQ, &out) == 0 && in + out > 0;
}

std::vector<int> candidates() {
  std::vector<int> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> files(::opendir("/proc/self/fd"), &::closedir);
  if (files == nullptr) return found;
  while (const dirent* entry = ::readdir(files.get())) {
    const int fd = std::atoi(entry->d_name);  // 0 for `.` and `..`
    if (fd > 2 && isInherited(fd) && isUnixSocket(fd)) found.push_back(fd);
  }
  return found;
}

}  // namespace

void closeWakePairOnExec(CURLM* multi) {
  std::vector<int> sockets = candidates();
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
  for (const int fd : sockets) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace kith::net
