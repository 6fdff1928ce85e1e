// SPDX-License-Identifier: Apache-2.0
#include "support/current_world.hpp"

#include <string_view>
#include <utility>

namespace kith::testing {
namespace {

constexpr base::Millis kMoment{10};

}  // namespace

CurrentWorld::CurrentWorld() = default;
CurrentWorld::CurrentWorld(core::HubOptions options) : HubWorld(std::move(options)) {}
CurrentWorld::~CurrentWorld() = default;

void CurrentWorld::connectCurrent(const std::string& name, int mode) {
  connect(name, mode == 1 ? pushing_ : counting_);
}

void CurrentWorld::connectAs(const std::string& name, const net::Accepted& how) {
  connect(name, dialects_.of(how));
}

std::string CurrentWorld::ask(const std::string& name, const std::string& fields) {
  const std::string serial = std::to_string(++serial_);
  send(name, "{" + fields + R"(,"i":)" + serial + "}");
  std::string reply = take(name);
  INFO(name << ": " << fields << "\nreply " << reply);
  CHECK(numberOf(reply, "i") == serial_);
  return reply;
}

std::string CurrentWorld::openCurrent(const std::string& name, const std::string& peer,
                                      const std::string& more, int mode) {
  connectCurrent(name, mode);
  const std::string reply = ask(
      name, R"("cmd":"session","op":"open","appId":"testapp0001","peerId":")" + peer + "\"" + more);
  INFO(reply);
  REQUIRE(textOf(reply, "op") == "opened");
  return textOf(reply, "st");
}

std::string CurrentWorld::start(const std::string& name, const std::string& members,
                                const std::string& more) {
  const std::string reply = ask(name, R"("cmd":"conv","op":"start","m":)" + members + more);
  INFO(reply);
  REQUIRE(textOf(reply, "op") == "started");
  return textOf(reply, "cid");
}

std::string CurrentWorld::say(const std::string& name, const std::string& conversation,
                              const std::string& text, const std::string& more) {
  return ask(name,
             R"("cmd":"direct","cid":")" + conversation + R"(","msg":")" + text + "\"" + more);
}

std::string CurrentWorld::take(const std::string& name) {
  if (!has(name)) advance(kMoment);
  return HubWorld::take(name);
}

void CurrentWorld::expect(const std::string& name, const std::string& frame) {
  if (!has(name)) advance(kMoment);
  HubWorld::expect(name, frame);
}

void CurrentWorld::expectNothing(const std::string& name) {
  advance(kMoment);
  HubWorld::expectNothing(name);
}

std::vector<std::string> CurrentWorld::takeAll(const std::string& name) {
  advance(kMoment);
  return HubWorld::takeAll(name);
}

TwoPeers::TwoPeers() {
  openCurrent("A", "alice");
  openCurrent("B", "bob");
  id = start("A", R"(["bob"])", R"(,"unique":true,"attr":{"name":"two"})");
  const std::string joined = take("B");
  CHECK(textOf(joined, "op") == "joined");
  CHECK(textOf(joined, "cid") == id);
  CHECK(textOf(joined, "initBy") == "alice");
  expectNothing("A");
}
TwoPeers::~TwoPeers() = default;

}  // namespace kith::testing
