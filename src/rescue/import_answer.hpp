// SPDX-License-Identifier: Apache-2.0
// What kithd says about rows that it was given. Pure; any thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kith::rescue {

/// Rows by what became of them; each is counted once.
struct ImportCounts {
  std::int64_t added{0};
  std::int64_t changed{0};  ///< there, and older than the row
  std::int64_t present{0};  ///< there already
  std::int64_t kept{0};     ///< there, and changed in kithd since
  std::int64_t late{0};     ///< messages older than what their conversation has
  std::int64_t orphans{0};  ///< messages of conversations that are not there
  std::int64_t refused{0};

  void add(const ImportCounts& more);
  std::int64_t all() const { return added + changed + present + kept + late + orphans + refused; }
};

struct ImportAnswer {
  ImportCounts counts;
  /// Refused lines of the body, from 1, with the reason; not all of them when there are many.
  std::vector<std::pair<std::int64_t, std::string>> faults;
};

/// ProtocolError when it is no such answer.
Result<ImportAnswer> importAnswerIn(std::string_view body);

/// Where messages, or objects of a class, are posted to; `look` = to be told, and change nothing.
std::string importTarget(std::string_view class_name, bool look);
/// In place of a class: messages, and what peers are in conversations.
inline constexpr std::string_view kMessages = "messages";
inline constexpr std::string_view kLists = "lists";

}  // namespace kith::rescue
