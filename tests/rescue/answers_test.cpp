// SPDX-License-Identifier: Apache-2.0
#include "rescue/answers.hpp"

#include <initializer_list>
#include <string>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

TEST_CASE("answers: what each status and each number of the vendor means") {
  struct Row {
    int status;
    std::string body;
    Verdict verdict;
  };
  const std::string many = R"({"code":429,"error":"Too many requests."})";
  for (const Row& row : std::initializer_list<Row>{
           {200, "[]", Verdict::Good},
           {200, R"({"results":[],"code":1,"error":"x"})", Verdict::Good},
           {200, many, Verdict::TryAgain},
           {400, many, Verdict::TryAgain},
           {429, many, Verdict::TryAgain},
           {429, "", Verdict::TryAgain},
           {408, "", Verdict::TryAgain},
           {500, "<html>", Verdict::TryAgain},
           {502, "", Verdict::TryAgain},
           {503, R"({"code":503,"error":"Service Unavailable"})", Verdict::TryAgain},
           {400, R"({"code":124,"error":"Timeout."})", Verdict::TryAgain},
           {200, "<html>maintenance</html>", Verdict::TryAgain},
           {200, "[{\"timestamp\":1", Verdict::TryAgain},
           {401, R"({"code":401,"error":"Unauthorized."})", Verdict::KeyRefused},
           {403, R"({"code":403,"error":"Forbidden."})", Verdict::Refused},
           {400, R"({"code":107,"error":"Malformed json."})", Verdict::Refused},
           {404, R"({"code":101,"error":"Class or object doesn't exists."})", Verdict::Absent},
           {400, R"({"code":101,"error":"Class or object doesn't exists."})", Verdict::Absent},
           {404, "", Verdict::Absent},
           {301, "", Verdict::Refused}}) {
    CAPTURE(row.status, row.body);
    CHECK(judge(row.status, row.body).verdict == row.verdict);
  }
}

TEST_CASE("answers: a refusal says the vendor's number and words on one line") {
  const Answer told = judge(403, "{\"code\":1,\"error\":\"Forbidden\\nto find\"}");
  CHECK(told.status == 403);
  CHECK(told.code == 1);
  CHECK(told.reason == "Forbidden\\nto find");
  const Answer silent = judge(502, "");
  CHECK(silent.code == 0);
  CHECK(silent.reason == "HTTP 502");
  CHECK(judge(200, "[1").reason == "the answer is not JSON (byte 2)");
}

}  // namespace
}  // namespace kith::rescue
