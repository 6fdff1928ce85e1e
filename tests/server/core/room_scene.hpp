// SPDX-License-Identifier: Apache-2.0
// Commands of rooms as text, and what their members hear.
#pragma once

#include <string>
#include <vector>

#include "support/hub_world.hpp"

namespace kith::testing {

inline std::string command(const std::string& peer, const std::string& op, const std::string& group,
                           const std::string& ids = "") {
  return R"({"cmd":"room","op":")" + op + R"(","peerId":")" + peer + R"(","roomId":")" + group +
         "\"" + (ids.empty() ? "" : R"(,"roomPeerIds":)" + ids) + R"(,"i":1})";
}

inline std::string notice(const std::string& peer, const std::string& op, const std::string& group,
                          const std::string& by, const std::string& ids = "", bool reply = false) {
  return R"({"cmd":"room","appId":"testapp0001","op":")" + op + R"(","peerId":")" + peer +
         R"(","roomId":")" + group + R"(","byPeerId":")" + by + "\"" +
         (ids.empty() ? "" : R"(,"roomPeerIds":)" + ids) + (reply ? R"(,"i":1})" : "}");
}

/// Creates a group of alice's and takes both frames.
inline std::string makeGroup(HubWorld& world) {
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice"})");
  const auto id = textOf(world.take("A"), "roomId");
  world.expect("A", notice("alice", "members-joined", id, "alice", R"(["alice"])"));
  CHECK(id.size() == 24);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  return id;
}

inline void openAll(HubWorld& world) {
  world.open("A", "alice");
  world.open("B", "bob");
  world.open("C", "carol");
}

inline std::string say(const std::string& peer, const std::string& group, const std::string& text,
                       const std::string& more = "") {
  return R"({"cmd":"direct","peerId":")" + peer + R"(","roomId":")" + group + R"(","msg":")" +
         text + "\"" + more + "}";
}

inline void answer(HubWorld& world, std::size_t which) {
  world.storage.answer(which);
  world.settle();
}

/// Texts of messages and ops of notices, in the order they came.
inline std::string heard(HubWorld& world, const std::string& name) {
  std::string all;
  for (const auto& frame : world.takeAll(name)) {
    const std::string cmd = textOf(frame, "cmd");
    all += all.empty() ? "" : " ";
    all += cmd == "direct" ? textOf(frame, "msg") : cmd == "room" ? textOf(frame, "op") : cmd;
    if (const Frame one(frame); one.has("code")) all += one["code"];
  }
  return all;
}

inline std::string storedGroup(HubWorld& world, const std::string& id,
                               const std::vector<storage::PeerRef>& members) {
  world.storage.submit(1ull << 63, storage::CreateGroup{"testapp0001", id, false, members, "", 0});
  world.storage.flush();
  world.settle();
  return id;
}

}  // namespace kith::testing
