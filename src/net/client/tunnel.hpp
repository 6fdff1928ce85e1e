// SPDX-License-Identifier: Apache-2.0
// A connection that another library made, and how libwebsockets comes by it (docs/decisions/020):
// it opens every connection itself, so it is sent through a door of ours, and its descriptor is
// pointed at the other connection before the first byte leaves.
#pragma once

#include <string>
#include <utility>

namespace kith::net {

/// The connection: a descriptor with an owner. One thread at a time.
class Tunnel {
 public:
  Tunnel() = default;
  ~Tunnel() { close(); }
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  /// Keeps a descriptor of its own for what `fd` is connected to. False: no file is free.
  bool keep(int fd);
  /// From here on `fd` is this connection; what it was is closed. False: it still is what it was.
  bool moveTo(int fd);
  bool ok() const { return fd_ >= 0; }

 private:
  void close();

  int fd_{-1};
};

/// An address at which a connect() succeeds at once. It leads nowhere.
class LocalDoor {
 public:
  LocalDoor();
  ~LocalDoor();
  LocalDoor(const LocalDoor&) = delete;
  LocalDoor& operator=(const LocalDoor&) = delete;

  /// As libwebsockets spells it; empty when no file is free.
  const std::string& address() const { return address_; }

 private:
  int fd_;
  std::string address_;
};

}  // namespace kith::net
