// SPDX-License-Identifier: Apache-2.0
#include "rescue/import_answer.hpp"

#include "json/raw_json.hpp"

namespace kith::rescue {
namespace {

Error noAnswer() {
  return {Errc::ProtocolError, 0, "what answered is no kithd, or an older one", false};
}

}  // namespace

void ImportCounts::add(const ImportCounts& more) {
  added += more.added;
  changed += more.changed;
  present += more.present;
  kept += more.kept;
  late += more.late;
  orphans += more.orphans;
  refused += more.refused;
}

Result<ImportAnswer> importAnswerIn(std::string_view body) {
  const auto checked = json::checkedJson(body, "import");
  if (!checked) return noAnswer();
  ImportAnswer answer;
  ImportCounts& counts = answer.counts;
  const std::pair<std::string_view, std::int64_t*> names[] = {
      {"added", &counts.added},    {"changed", &counts.changed}, {"present", &counts.present},
      {"kept", &counts.kept},      {"late", &counts.late},       {"orphans", &counts.orphans},
      {"refused", &counts.refused}};
  for (const auto& [name, count] : names) {
    const auto value = json::rawMember(*checked, name);
    const auto number = value ? json::rawInteger(*value) : std::nullopt;
    if (!number) return noAnswer();
    *count = *number;
  }
  json::RawList faults(json::rawMember(*checked, "faults").value_or("[]"));
  while (const auto fault = faults.next()) {
    const auto line = json::rawMember(*fault, "line");
    const auto why = json::rawMember(*fault, "why");
    if (!line || !why) return noAnswer();
    answer.faults.emplace_back(json::rawInteger(*line).value_or(0),
                               json::rawText(*why).value_or(std::string()));
  }
  return answer;
}

std::string importTarget(std::string_view class_name, bool look) {
  std::string target = "/1.1/kith/import/";
  if (class_name != kMessages && class_name != kLists) target += "classes/";
  target += class_name;
  if (look) target += "?look=1";
  return target;
}

}  // namespace kith::rescue
