// SPDX-License-Identifier: Apache-2.0
// A frame while it is read: every known member has its place, as `cmd` may come last. Plain data.
// Private to the decoder.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/avos/fields.hpp"
#include "protocol/avos/frame.hpp"

namespace kith::avos {

struct RawFrame {
  Cmd cmd{Cmd::Heartbeat};
  Op op{Op::None};
  std::uint64_t present{0};  ///< bits of Key; what came as `null` is not there (avos-v1 §3.1)
  Serial i;

  bool is_super{false};
  bool transient{false};
  bool receipt_wanted{false};
  bool offline{false};
  bool online{false};  ///< `status` is "on"
  bool mention_all{false};
  bool will{false};

  std::string_view app_id, peer_id, from_peer_id, by_peer_id, room_id, msg, id, uid;
  std::string_view signature, nonce, time_text, reason, dedupe, installation_id, binary_msg;
  std::int64_t timestamp{0};
  std::int64_t time{0};
  std::int64_t code{0};
  std::int64_t count{0};
  // An absent list and an empty one are different things (§16.1, §16.8).
  IdList session_peer_ids, room_peer_ids, to_peer_ids, ids, mention_pids;

  static constexpr std::uint64_t bitOf(Key key) { return 1ull << static_cast<unsigned>(key); }
  bool has(Key key) const { return (present & bitOf(key)) != 0; }
  void mark(Key key) { present |= bitOf(key); }
};

/// What it says.
Frame frameOf(const RawFrame& raw);

}  // namespace kith::avos
