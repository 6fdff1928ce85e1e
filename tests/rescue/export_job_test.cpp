// SPDX-License-Identifier: Apache-2.0
#include "rescue/export_job.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

TEST_CASE("export job: what is asked for, and how far it is") {
  CHECK(jobBody({"_User", "Post"}) == "{\"classes\":\"_User,Post\"}");
  CHECK(jobTarget("a/b") == "/1.1/exportData/a%2Fb");
  const Job running = jobIn(R"({"status":"running","id":"j1","app_id":"x"})").value();
  CHECK(running.id == "j1");
  CHECK(running.status == "running");
  CHECK(running.url.empty());
  CHECK(jobIn(R"({"status":"done","id":"j1","download_url":"https://x.example/a"})")->url ==
        "https://x.example/a");
}

TEST_CASE("export job: an answer about no job is refused") {
  for (const char* body : {"", "[]", "{}", R"({"id":"j1"})", R"({"status":"done"})"}) {
    CAPTURE(body);
    const auto job = jobIn(body);
    REQUIRE_FALSE(job.ok());
    CHECK(job.error().code == Errc::ProtocolError);
  }
}

}  // namespace
}  // namespace kith::rescue
