// SPDX-License-Identifier: Apache-2.0
// A run as lines one can read: when, which part, what. Silent unless asked for. Keeps a fingerprint
// of the run either way, so that a test can see that a seed repeats.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "support/sim/timeline.hpp"

namespace kith::sim {

class Story {
 public:
  Story(const Timeline& time, bool aloud) : time_(time), aloud_(aloud) {}

  bool aloud() const { return aloud_; }
  void tell(std::string_view who, std::string_view what) {
    if (!aloud_) return;
    std::string line(what);
    // What fills messages up says nothing.
    for (std::size_t at = line.find("xxxx"); at != std::string::npos; at = line.find("xxxx", at)) {
      line.erase(at, line.find_first_not_of('x', at) - at);
    }
    what = line;
    std::printf("%8lld  %-10.*s %.*s\n", static_cast<long long>(time_.now()),
                static_cast<int>(who.size()), who.data(), static_cast<int>(what.size()),
                what.data());
  }
  void mix(std::uint64_t value) {
    fingerprint_ =
        (fingerprint_ ^ value ^ static_cast<std::uint64_t>(time_.now())) * 0x100000001b3u;
  }
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  const Timeline& time_;
  bool aloud_;
  std::uint64_t fingerprint_{0xcbf29ce484222325u};
};

}  // namespace kith::sim
