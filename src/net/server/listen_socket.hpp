// SPDX-License-Identifier: Apache-2.0
// The socket that a listener listens on. Any thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace kith::net {

class Poller;

struct ListenSocket {
  int fd{-1};
  std::uint16_t port{0};  ///< the one it really has
};
/// Binds and listens, without blocking and without Nagle's delay on what it accepts.
/// InvalidArgument with one clear line when the address cannot be had.
Result<ListenSocket> openListenSocket(const std::string& host, std::uint16_t port);

/// Those of one listener. One thread.
class ListenSockets {
 public:
  /// `poller` outlives it, and tells of accepted with `owner`.
  ListenSockets(Poller& poller, void* owner) : poller_(poller), owner_(owner) {}
  ~ListenSockets();
  ListenSockets(const ListenSockets&) = delete;
  ListenSockets& operator=(const ListenSockets&) = delete;

  /// See openListenSocket().
  Result<void> open(const std::string& host, std::uint16_t port);
  /// Whether accepted are told of.
  void look(bool on);
  const std::vector<int>& files() const { return files_; }
  const std::vector<std::uint16_t>& ports() const { return ports_; }

 private:
  Poller& poller_;
  void* const owner_;
  std::vector<int> files_;
  std::vector<std::uint16_t> ports_;
};

/// Descriptors from this number on are refused: the rest of the process needs some, and accept()
/// without one would spin. Asked each time, since the limit may change.
std::size_t mostFiles();

}  // namespace kith::net
