// SPDX-License-Identifier: Apache-2.0
#include "rescue/export_job.hpp"

#include "base/text_codes.hpp"
#include "json/json_writer.hpp"
#include "json/raw_json.hpp"

namespace kith::rescue {

std::string jobBody(const std::vector<std::string>& classes) {
  std::string names;
  for (const std::string& name : classes) names += (names.empty() ? "" : ",") + name;
  return json::JsonWriter().text("classes", names).finish();
}

std::string jobTarget(std::string_view id) {
  return std::string(kJobTarget) + "/" + base::encodePercent(id);
}

Result<Job> jobIn(std::string_view body) {
  const auto answer = json::checkedJson(body, "the answer about the export job");
  if (!answer) return answer.error();
  const auto text = [&answer](std::string_view name) {
    const auto value = json::rawMember(*answer, name);
    return value ? json::rawText(*value).value_or("") : std::string();
  };
  Job job{text("id"), text("status"), text("download_url")};
  if (job.id.empty() || job.status.empty()) {
    return Error{Errc::ProtocolError, 0, "the answer about the export job has no id or no status",
                 false};
  }
  return job;
}

}  // namespace kith::rescue
