// SPDX-License-Identifier: Apache-2.0
// Changes of conversations as Kith's own client reads them (decision 046). Pure.
#pragma once

#include <span>
#include <string>

#include "server/core/notices.hpp"

namespace kith::dialects {

/// A JSON list, in the words of the notifications over REST (leancloud-current §5.4). The reader
/// may be among the members of a change.
std::string changesText(std::span<const storage::StoredMessage> changes);

}  // namespace kith::dialects
