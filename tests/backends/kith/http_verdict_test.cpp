// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/http_verdict.hpp"

#include "support/catch.hpp"

using namespace kith;
using namespace kith::backends;
using net::HttpAnswer;

namespace {

HttpAnswer answer(int status, std::string body = R"({"error":"no"})", std::string type = {}) {
  HttpAnswer result;
  result.status = status;
  result.body = std::move(body);
  result.content_type = std::move(type);
  return result;
}

}  // namespace

TEST_CASE("http verdict: a decision of the server is final, what says later passes") {
  for (const int status : {400, 401, 402, 403, 404, 409, 410, 422, 451}) {
    CAPTURE(status);
    CHECK_FALSE(passes(answer(status)));
    CHECK_FALSE(passes(answer(status, "Forbidden", "text/plain")));
    CHECK_FALSE(passes(answer(status, "")));
  }
  for (const int status : {204, 302, 408, 421, 425, 429, 500, 502, 503, 504, 599}) {
    CAPTURE(status);
    CHECK(passes(answer(status)));
  }
}

TEST_CASE("http verdict: a web page is somebody else's answer, whatever its status") {
  CHECK(passes(answer(403, "<html>blocked", "")));
  CHECK(passes(answer(403, "blocked", "text/html; charset=utf-8")));
  CHECK(passes(answer(401, "\xEF\xBB\xBF\r\n <!DOCTYPE html>", "")));
  CHECK_FALSE(passes(answer(403, R"({"error":"<b>"})", "application/json")));
  CHECK(statusWords(answer(403, "<html>")) == "HTTP status 403 and a web page");
  CHECK(statusWords(answer(503)) == "HTTP status 503");
}

TEST_CASE("http verdict: the time that was named goes along") {
  HttpAnswer busy = answer(429);
  busy.retry_after = base::Millis{7000};
  const Error error = busyError("router", busy);
  CHECK(error.code == Errc::ServerBusy);
  CHECK(error.retry_after == base::Millis{7000});
  CHECK(error.detail == "router answered HTTP status 429");
}
