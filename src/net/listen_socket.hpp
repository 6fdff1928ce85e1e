// SPDX-License-Identifier: Apache-2.0
// The socket that a listener listens on. Any thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <string>

namespace kith::net {

struct ListenSocket {
  int fd{-1};
  std::uint16_t port{0};  ///< the one it really has
};
/// Binds and listens, without blocking and without Nagle's delay on what it accepts.
/// InvalidArgument with one clear line when the address can not be had.
Result<ListenSocket> openListenSocket(const std::string& host, std::uint16_t port);

/// Descriptors from this number on are refused: the rest of the process needs some, and accept()
/// without one would spin. Asked each time, since the limit may change.
std::size_t mostFiles();

}  // namespace kith::net
