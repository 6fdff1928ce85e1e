// SPDX-License-Identifier: Apache-2.0
// The newest messages of a few conversations of a folder, to be held against what the vendor has of
// them. Pure; one thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kith::rescue {

class MessageSample {
 public:
  /// Of each conversation so many messages are kept.
  static constexpr std::size_t kMessages = 20;

  explicit MessageSample(std::size_t conversations) : wanted_(conversations) {}

  /// For each line of messages: chooses conversations, the same at each run, whatever their size.
  void choose(std::string_view line);
  /// Then for each line again: keeps the newest of those that were chosen.
  void keep(std::string_view line);
  std::vector<std::string> conversations() const;

  struct Difference {
    std::int64_t compared{0};
    std::vector<std::string> missing;  ///< ids of messages that only the vendor has
    std::vector<std::string> changed;  ///< ids of those whose row is another one there
  };
  /// Holds a page of the vendor's newest against what was kept. Messages older than `from` are not
  /// looked at. ProtocolError when it is no page.
  Result<Difference> compare(const std::string& conversation, std::string_view body,
                             std::int64_t from) const;

 private:
  std::size_t wanted_;
  /// Conversations with the least hashes.
  std::set<std::pair<std::uint64_t, std::string>> chosen_;
  /// Of each conversation lines by their id.
  std::map<std::string, std::map<std::string, std::string>> kept_;
};

}  // namespace kith::rescue
