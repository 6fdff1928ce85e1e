// SPDX-License-Identifier: Apache-2.0
// What a change of standings means, in both storages. Any thread.
#pragma once

#include "server/storage/standing_requests.hpp"

namespace kith::storage {

/// Whether it would change what a peer is.
inline bool isChange(const SetStanding& request, const Standing& standing) {
  const bool ends_else = request.kind == StandingKind::Paused && request.until != standing.until;
  return standing.has(request.kind) != request.on || (request.on && ends_else);
}
inline void change(const SetStanding& request, Standing& standing) {
  if (request.kind != StandingKind::Paused) return standing.set(request.kind, request.on);
  standing.pause(request.on ? request.until : 0);
}

}  // namespace kith::storage
