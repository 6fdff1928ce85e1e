// SPDX-License-Identifier: Apache-2.0
#include "rescue/answers.hpp"

#include "base/redact.hpp"
#include "json/raw_json.hpp"

namespace kith::rescue {
namespace {

// Numbers of the vendor: time out; too many at a time; too many of an address; too many requests.
bool passes(std::int64_t code) {
  return code == 124 || code == 154 || code == 155 || code == 429 || (code >= 500 && code < 600);
}
constexpr std::int64_t kNoClass = 101;

}  // namespace

Answer judge(int status, std::string_view body) {
  Answer answer;
  answer.status = status;
  const auto json = json::checkedJson(body, "the answer");
  const auto member = [&json](const char* name) {
    return json ? json::rawMember(*json, name) : std::nullopt;
  };
  const auto code = member("code");
  const auto error = member("error");
  // An object of a class may have these names, too; an answer with rows is one.
  const bool told = code && error && !member("results");
  const std::int64_t number = told ? json::rawInteger(*code).value_or(0) : 0;
  answer.code = static_cast<int>(number);
  if (status >= 200 && status < 300 && !told) {
    if (!json) {
      answer.verdict = Verdict::TryAgain;
      answer.reason = json.error().detail;
    }
    return answer;
  }
  if (told) answer.reason = base::cleanWords(json::rawText(*error).value_or(""));
  if (answer.reason.empty()) answer.reason = "HTTP " + std::to_string(status);
  if (status == 401) {
    answer.verdict = Verdict::KeyRefused;
  } else if (status >= 500 || status == 429 || status == 408 || passes(number)) {
    answer.verdict = Verdict::TryAgain;
  } else if (status == 404 || number == kNoClass) {
    answer.verdict = Verdict::Absent;
  } else {
    answer.verdict = Verdict::Refused;
  }
  return answer;
}

}  // namespace kith::rescue
