// SPDX-License-Identifier: Apache-2.0
// A hash map with string keys that is searched by a view, without making a string.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "base/seeded_hash.hpp"

namespace kith::storage {

template <typename Value>
using TextMap = std::unordered_map<std::string, Value, base::TextHash, std::equal_to<>>;

}  // namespace kith::storage
