// SPDX-License-Identifier: Apache-2.0
// The words of HTTP: names and list members, which are the same in any case. Pure; any thread.
#pragma once

#include <string_view>

namespace kith::ws {

/// The same word, in any case.
bool isSameWord(std::string_view a, std::string_view b);
/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);
/// A list with commas has this word, in any case.
bool listHasWord(std::string_view list, std::string_view word);

}  // namespace kith::ws
