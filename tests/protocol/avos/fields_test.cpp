// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/fields.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"

namespace kith::avos {
namespace {

TEST_CASE("fields: every key, command and op is found by its own name") {
  for (unsigned k = 0; k < static_cast<unsigned>(Key::None); ++k) {
    const Key key = static_cast<Key>(k);
    CAPTURE(keyName(key));
    CHECK(keyOf(keyName(key)) == key);
  }
  for (unsigned c = 1; c <= static_cast<unsigned>(Cmd::Unknown); ++c) {
    const Cmd cmd = static_cast<Cmd>(c);
    CAPTURE(cmdName(cmd));
    CHECK(cmdOf(cmdName(cmd)) == cmd);
  }
  for (unsigned o = 1; o <= static_cast<unsigned>(Op::Unknown); ++o) {
    const Op op = static_cast<Op>(o);
    CAPTURE(opName(op));
    CHECK(opOf(opName(op)) == op);
  }
}

TEST_CASE("fields: the spelling of avos-v1 §3 to §5") {
  CHECK(keyOf("onlineSessionPeerIds") == Key::OnlineSessionPeerIds);
  CHECK(keyOf("t") == Key::Time);
  CHECK(keyOf("dt") == Key::Dedupe);
  CHECK(keyOf("installationId") == Key::InstallationId);
  CHECK(cmdOf("ackreq") == Cmd::AckReq);
  CHECK(cmdOf("login") == Cmd::Login);
  CHECK(opOf("query-result") == Op::QueryResult);
  CHECK(opOf("members-joined") == Op::MembersJoined);
  CHECK(opOf("members-left") == Op::MembersLeft);
  CHECK(opOf("reject") == Op::Reject);
}

TEST_CASE("fields: other words are unknown") {
  for (const char* name : {"", "Cmd", "cm", "cmdx", "peerID", "unknown", "members", "-", "\xFF"}) {
    CAPTURE(name);
    CHECK(keyOf(name) == Key::None);
    CHECK(opOf(name) == Op::Unknown);
    CHECK(cmdOf(name) == Cmd::Unknown);
  }
  CHECK(keyName(Key::None).empty());
}

}  // namespace
}  // namespace kith::avos
