// SPDX-License-Identifier: Apache-2.0
// What may go into a log line or an error's text (R25). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace kith::base {

/// `url` without user info, query and fragment. Takes any text, also what is no URL.
std::string redactUrl(std::string_view url);

}  // namespace kith::base
