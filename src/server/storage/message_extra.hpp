// SPDX-License-Identifier: Apache-2.0
// What a message of the current protocol may have beside its text (leancloud-current §5.3). Plain
// data; any thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "sqlite/packed.hpp"

namespace kith::storage {

struct MessageExtra {
  bool binary{false};       ///< the text is base64 of its bytes
  bool mention_all{false};  ///< all receivers are mentioned
  bool recalled{false};     ///< the sender took it back; its text says so
  std::vector<std::string_view> mentions;

  bool empty() const { return !binary && !mention_all && !recalled && mentions.empty(); }
  bool mentionsPeer(std::string_view peer) const {
    return mention_all || std::find(mentions.begin(), mentions.end(), peer) != mentions.end();
  }

  /// As it is kept: nothing for an empty one.
  std::string pack() const {
    std::string packed;
    if (empty()) return packed;
    sqlite::Writer out(packed);
    out.number((binary ? 1 : 0) | (mention_all ? 2 : 0) | (recalled ? 4 : 0));
    out.texts(mentions);
    return packed;
  }
  /// Points into `packed`.
  static MessageExtra unpack(std::string_view packed) {
    MessageExtra extra;
    if (packed.empty()) return extra;
    sqlite::Reader in(packed);
    const auto flags = in.number();
    extra.binary = (flags & 1) != 0;
    extra.mention_all = (flags & 2) != 0;
    extra.recalled = (flags & 4) != 0;
    in.texts(extra.mentions);
    return extra;
  }
};

}  // namespace kith::storage
