// SPDX-License-Identifier: Apache-2.0
#include "dispatch/callback_guard.hpp"

#include <stdexcept>
#include <string>

#include "support/catch.hpp"

using kith::dispatch::CallbackGuard;

TEST_CASE("guard: what a callback throws is told with its name and does not go on") {
  std::string told;
  const CallbackGuard guard(
      [&](std::string_view name, std::string_view whom, const std::exception_ptr& thrown) {
        try {
          std::rethrow_exception(thrown);
        } catch (const std::runtime_error& error) {
          told = std::string(name) + "/" + std::string(whom) + "/" + error.what();
        }
      });
  CHECK_FALSE(guard.run("onMessage", "tom", [] { throw std::runtime_error("boom"); }));
  CHECK(told == "onMessage/tom/boom");
}

TEST_CASE("guard: a callback that returns is not told") {
  bool told = false;
  const CallbackGuard guard([&](auto&&...) { told = true; });
  CHECK(guard.run("onMessage", "tom", [] {}));
  CHECK_FALSE(told);
}

TEST_CASE("guard: what is no std::exception is caught too") {
  int told = 0;
  const CallbackGuard guard([&](auto&&...) { ++told; });
  CHECK_FALSE(guard.run("onError", "tom", [] { throw 7; }));
  CHECK(told == 1);
}

TEST_CASE("guard: a reporter that throws itself harms nobody") {
  const CallbackGuard guard([](auto&&...) { throw std::runtime_error("again"); });
  CHECK_FALSE(guard.run("onError", "tom", [] { throw std::runtime_error("boom"); }));
}

TEST_CASE("guard: without a reporter it still catches") {
  const CallbackGuard guard(nullptr);
  CHECK_FALSE(guard.run("onError", "tom", [] { throw std::runtime_error("boom"); }));
}
