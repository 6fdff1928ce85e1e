// SPDX-License-Identifier: Apache-2.0
// MD5, for what the protocol of 2014 names and signs with it. Any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kith::sign {

/// Lower-case hex of all parts in a row, with `joint` between them; empty when OpenSSL has no MD5,
/// which no answer to a stranger may take for a digest.
std::string md5Hex(std::span<const std::string_view> parts, std::string_view joint);

}  // namespace kith::sign
