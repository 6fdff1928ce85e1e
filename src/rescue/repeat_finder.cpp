// SPDX-License-Identifier: Apache-2.0
#include "rescue/repeat_finder.hpp"

#include <algorithm>

#include "base/text_hash.hpp"

namespace kith::rescue {

RepeatFinder::RepeatFinder(std::int64_t rows, std::size_t hashes_at_a_time)
    : passes_(1 + static_cast<std::size_t>(std::max<std::int64_t>(0, rows)) / hashes_at_a_time),
      seed_(base::processSeed()) {}

std::uint64_t RepeatFinder::hashOf(std::string_view id) const { return base::hashText(id, seed_); }

void RepeatFinder::see(std::string_view id) {
  const std::uint64_t hash = hashOf(id);
  if (hash % passes_ == pass_) hashes_.push_back(hash);
}

void RepeatFinder::endPass() {
  std::sort(hashes_.begin(), hashes_.end());
  for (auto at = hashes_.begin();;) {
    at = std::adjacent_find(at, hashes_.end());
    if (at == hashes_.end() || suspects_.size() >= kMostNamed) break;
    suspects_.push_back(*at);
    at = std::upper_bound(at, hashes_.end(), *at);
  }
  hashes_.clear();
  ++pass_;
  if (pass_ == passes_) {
    hashes_.shrink_to_fit();
    std::sort(suspects_.begin(), suspects_.end());
  }
}

void RepeatFinder::confirm(std::string_view id) {
  if (std::binary_search(suspects_.begin(), suspects_.end(), hashOf(id))) {
    ++counts_[std::string(id)];
  }
}

std::vector<std::string> RepeatFinder::repeated() const {
  std::vector<std::string> ids;
  for (const auto& [id, count] : counts_) {
    if (count > 1) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace kith::rescue
