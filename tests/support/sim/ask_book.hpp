// SPDX-License-Identifier: Apache-2.0
// Which connection asked the storage what, to see that no reply waits for another connection's
// answer. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>

#include "server/storage/storage.hpp"

namespace kith::sim {

class AskBook {
 public:
  using Token = storage::Token;
  using Asker = std::uint64_t;  ///< a connection; 0 = none in particular

  /// Whose frame the hub works on.
  void setAsker(Asker asker) { asker_ = asker; }
  /// The hub asks. `sure`: a reply is due with the answer, unless an earlier one is.
  void asked(Token token, bool replies, bool sure) {
    if (asker_ == 0) return;
    asks_[token] = asker_;
    if (replies) owed_[asker_].push_back({token, sure});
  }

  struct Due {
    Asker asker{0};
    bool reply{false};  ///< it must leave now
  };
  /// The answer is about to be handed out. Until the next call the hub works for its asker.
  Due answering(Token token) {
    const auto ask = asks_.find(token);
    asker_ = ask == asks_.end() ? 0 : ask->second;
    if (asker_ == 0) return {};
    asks_.erase(ask);
    auto& owed = owed_[asker_];
    const auto place =
        std::find_if(owed.begin(), owed.end(), [&](const Owed& o) { return o.token == token; });
    if (place == owed.end()) return {asker_, false};
    const bool reply = place == owed.begin() && place->sure;
    owed.erase(place);
    if (owed.empty()) owed_.erase(asker_);
    return {asker_, reply};
  }

  void forgetAll() {
    asks_.clear();
    owed_.clear();
    asker_ = 0;
  }

 private:
  struct Owed {
    Token token;
    bool sure;
  };

  Asker asker_{0};
  std::map<Token, Asker> asks_;
  std::map<Asker, std::deque<Owed>> owed_;
};

}  // namespace kith::sim
