// SPDX-License-Identifier: Apache-2.0
// The right to send the bytes of one file: a client shows it in the place of a key, where it PUTs
// them, and when it says that it is done. The server keeps none of them. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace kith::rest {

/// How long a token is good.
inline constexpr base::Millis kUploadTime{3600 * 1000};

/// `id-expires-code`, the code under the app's master key. Without a master key it can be forged,
/// as every peer of such an app may write every file.
std::string makeUploadToken(std::string_view app_id, std::string_view master_key,
                            std::string_view file, base::Millis expires);
/// The id of the file; nullopt: it is no token of the app, or not good any more.
std::optional<std::string> readUploadToken(std::string_view token, std::string_view app_id,
                                           std::string_view master_key, base::Millis now);

}  // namespace kith::rest
