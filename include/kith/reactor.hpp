// SPDX-License-Identifier: Apache-2.0
// One io thread that any number of managers may share: for bots, bridges and load tests.
#pragma once

#include <kith/export.hpp>

#include <cstddef>
#include <memory>

namespace kith {

/// Settings of a shared io thread.
struct ReactorOptions {
  /// Most connections at a time. Memory is taken for each possible one: about 17 bytes (R19).
  /// Default 64.
  std::size_t max_connections{64};
};

/// A thread that serves the sockets of the managers it is given to. Each manager without one makes
/// its own. It looks at all of its sockets in every turn: a program with thousands gives each
/// thousand a reactor, or shares a connection (docs/benchmarks.md).
class KITH_EXPORT Reactor {
 public:
  virtual ~Reactor();

  /// Makes the reactor; its thread starts with the first connection.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: ends with the last manager and
  /// reference; never joined on its own thread.
  static std::shared_ptr<Reactor> make(ReactorOptions options = {});
};

}  // namespace kith
