// SPDX-License-Identifier: Apache-2.0
#include "net/server/listen_socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server/poller.hpp"

namespace kith::net {
namespace {

constexpr rlim_t kSpareFiles = 64;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size{0};  // 0 = it is none
};

Address readAddress(const std::string& host, std::uint16_t port) {
  Address address;
  if (host.find(':') != std::string::npos) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address.bytes);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    if (inet_pton(AF_INET6, host.c_str(), &in6.sin6_addr) == 1) address.size = sizeof in6;
  } else {
    auto& in4 = reinterpret_cast<sockaddr_in&>(address.bytes);
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &in4.sin_addr) == 1) address.size = sizeof in4;
  }
  return address;
}

bool set(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on) == 0;
}

bool listenAt(int fd, const Address& address) {
  if (address.bytes.ss_family == AF_INET6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY)) return false;
  // What is accepted inherits the second one.
  return set(fd, SOL_SOCKET, SO_REUSEADDR) && set(fd, IPPROTO_TCP, TCP_NODELAY) &&
         ::bind(fd, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0 &&
         ::listen(fd, SOMAXCONN) == 0;
}

std::uint16_t portOf(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

Error refuse(const std::string& what) {
  return {Errc::InvalidArgument, 0, "listen: " + what, false};
}

}  // namespace

Result<ListenSocket> openListenSocket(const std::string& host, std::uint16_t port) {
  const Address address = readAddress(host, port);
  if (address.size == 0) return refuse(host + " is not a numeric address");
  const bool v6 = address.bytes.ss_family == AF_INET6;
  const int fd = ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && listenAt(fd, address)) return ListenSocket{fd, portOf(fd)};
  const std::string why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return refuse((v6 ? '[' + host + ']' : host) + ':' + std::to_string(port) +
                " cannot be used: " + why);
}

ListenSockets::~ListenSockets() {
  for (const int fd : files_) ::close(fd);
}

Result<void> ListenSockets::open(const std::string& host, std::uint16_t port) {
  const Result<ListenSocket> socket = openListenSocket(host, port);
  if (!socket) return socket.error();
  files_.push_back(socket->fd);
  ports_.push_back(socket->port);
  if (poller_.ok() && poller_.add(socket->fd, EPOLLIN, owner_)) return {};
  return refuse("no files are left to wait with");
}

void ListenSockets::look(bool on) {
  for (const int fd : files_) poller_.change(fd, on ? EPOLLIN : 0u, owner_);
}

std::size_t mostFiles() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur - std::min(kSpareFiles, files.rlim_cur / 4);
}

}  // namespace kith::net
