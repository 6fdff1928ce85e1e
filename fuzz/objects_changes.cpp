// SPDX-License-Identifier: Apache-2.0
// Two lines: the body of a change, and an object. Any body is understood or refused, and what it
// makes of an object can be kept, read again, shown, and changed again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/objects/acl.hpp"
#include "server/objects/changes.hpp"
#include "server/objects/object.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kith::objects;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  const std::string_view body = text.substr(0, end);
  const auto changes = parseChanges(body);
  if (!changes) {
    if (changes.error().code != kith::Errc::InvalidArgument) std::abort();
    return 0;
  }
  ObjectText before;
  if (end != std::string_view::npos) {
    // Through the same door, so that it is an object as it is kept.
    const auto first = parseChanges(text.substr(end + 1));
    if (first) before = apply(*first, before).valueOr(before);
  }
  const auto after = apply(*changes, before);
  if (!after) return 0;
  if (after->json.size() > kObjectBytes || after->acl.size() > kAclBytes) std::abort();
  const Object object{"id", after->json, after->acl, 0, 0, 1};
  if (!kith::json::parseJson(formatObject(object, {}), "object")) std::abort();
  if (isAllowed(after->acl, Right::Write, {"", {}, false}) &&
      !isAllowed(after->acl, Right::Write, {"bob", {}, false})) {
    std::abort();
  }
  if (const auto again = apply(*changes, *after); again && again->acl != after->acl) std::abort();
  return 0;
}
