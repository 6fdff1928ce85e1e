// SPDX-License-Identifier: Apache-2.0
// The fields of a request as a type. Naming them instantiates nothing: nearly every file of the
// server includes the requests, and a std::tuple of members in each of them costs the compiler much
// of its time.
#pragma once

#include <utility>

namespace kith::storage {

/// Of one struct, as pointers to its members.
template <auto... kMembers>
struct FieldList {};

/// Calls `use` with all of them at once.
template <typename Use, auto... kMembers>
constexpr decltype(auto) applyFields(Use&& use, FieldList<kMembers...>) {
  return std::forward<Use>(use)(kMembers...);
}

}  // namespace kith::storage
