// SPDX-License-Identifier: Apache-2.0
// Care with keys: comparing them and leaving none behind. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace kith::sign {

/// Whether both are the same and not empty. Takes the same time wherever they differ; that their
/// lengths do may show.
bool sameSecret(std::string_view given, std::string_view secret);

/// Overwrites the text where it is, and empties it.
void wipe(std::string& secret);

}  // namespace kith::sign
