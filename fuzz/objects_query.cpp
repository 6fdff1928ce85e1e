// SPDX-License-Identifier: Apache-2.0
// Three lines: a `where`, an object, keys. Any query is understood or refused; one that is
// understood has an answer about any object, and so has its opposite.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/objects/query.hpp"
#include "server/objects/selection.hpp"

namespace {

using namespace kith::objects;

std::string_view takeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

/// For each key with one operator: $ne is not equality, $nin is not $in.
void checkOpposites(const Condition& condition, const Subject& subject, Work& work) {
  for (const Condition& part : condition.parts) checkOpposites(part, subject, work);
  Condition opposite = condition;
  switch (condition.kind) {
    case Condition::Kind::NotEqual: opposite.kind = Condition::Kind::Equal; break;
    case Condition::Kind::NotIn: opposite.kind = Condition::Kind::In; break;
    default: return;
  }
  if (matches(condition, subject, work) == matches(opposite, subject, work)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view where = takeLine(text);
  const std::string_view fields = takeLine(text);
  const auto condition = parseWhere(where);
  if (!condition &&
      (condition.error().server_code != kInvalidQuery || condition.error().detail.size() > 1000)) {
    std::abort();
  }
  auto object = kith::json::parseJson(fields, "object");
  if (!object) object = kith::json::JsonValue();
  const Subject subject{*object, "id", 0, 1};
  Work work;
  if (condition) {
    (void)matches(*condition, subject, work);
    checkOpposites(*condition, subject, work);
  }
  if (const auto order = parseOrder(text)) {
    for (const SortKey& key : *order) {
      const SortValue value(valueAt(subject, key.path));
      if (value != value) std::abort();
    }
  }
  if (const auto selection = Selection::parse(text)) {
    const std::string selected = kith::json::formatJson(selection->of(*object));
    if (!kith::json::parseJson(selected, "selected")) std::abort();
  }
  return 0;
}
