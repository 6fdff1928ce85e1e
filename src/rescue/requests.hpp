// SPDX-License-Identifier: Apache-2.0
// Where the vendor is asked for what, as far behind the server's address. Pure; any thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rescue/class_pages.hpp"
#include "rescue/list_pages.hpp"
#include "rescue/message_pages.hpp"

namespace kith::rescue {

/// The address of a server without the slash at its end. InvalidArgument names the option `what`:
/// for what is no http or https address, and for http to another machine, where the master key
/// could be read on its way.
Result<std::string> parseServer(std::string_view text, std::string_view what);

/// The classes that `--classes` names, which has commas between them. InvalidArgument for a name
/// that the vendor cannot have: letters, digits and `_` only.
Result<std::vector<std::string>> parseClasses(std::string_view text, std::string_view what);
/// What conversations need to live on: the vendor's own classes.
std::vector<std::string> defaultClasses();

std::string scanTarget(std::string_view name, const ClassCursor& cursor, std::size_t limit);
std::string countTarget(std::string_view name);
/// Of the whole application.
std::string messagesTarget(const MessageCursor& cursor, const MessageRange& range,
                           std::size_t limit);
/// Of one conversation. Those of a service are asked for as those of a plain one.
std::string messagesTarget(const ConversationRow& conversation, const MessageCursor& cursor,
                           const MessageRange& range, std::size_t limit);

}  // namespace kith::rescue
