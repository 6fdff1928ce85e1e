// SPDX-License-Identifier: Apache-2.0
// One short life per client variant of avos-v1 §0.1, with what that client would trip over (§16).
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

struct Dialect {
  std::string name;
  bool app_everywhere;                    ///< appId in every command, else in open only
  std::string open_i, watch_i, direct_i;  ///< JSON of the serial, "" = none
  std::string ack;  ///< fields of an acknowledgement; ID stands for the message's id
};

const std::vector<Dialect> kDialects{
    {"D0", true, "", "", "", ""},
    {"D1", true, "", "", "", R"(,"id":"ID")"},
    {"D2", true, "", "", "", R"(,"ids":["ID"])"},
    {"D3", true, "", "40211", R"("k3j2h1412000070000")", R"(,"ids":["ID"])"},
    {"D4", false, "1", "2", "65535", R"(,"ids":["ID"],"i":77)"},
    {"D5", true, "-65535", "0", "-3", R"(,"ids":["ID"])"},
};

std::string field(const std::string& i) { return i.empty() ? "" : ",\"i\":" + i; }

class Client {
 public:
  Client(HubWorld& world, const Dialect& dialect, std::string name, std::string peer)
      : world_(world), dialect_(dialect), name_(std::move(name)), peer_(std::move(peer)) {}

  void open(const std::string& watch, const std::string& online) {
    send(R"("cmd":"session","op":"open","appId":"testapp0001","sessionPeerIds":)" + watch,
         dialect_.open_i, true);
    expect(R"("cmd":"session","op":"opened","onlineSessionPeerIds":)" + online, dialect_.open_i);
  }
  void send(const std::string& fields, const std::string& i, bool has_app = false) {
    const bool app = dialect_.app_everywhere && !has_app;
    world_.send(name_, "{" + fields + R"(,"peerId":")" + peer_ + "\"" +
                           (app ? R"(,"appId":"testapp0001")" : "") + field(i) + "}");
  }
  void expect(const std::string& fields, const std::string& i = "") {
    world_.expect(name_, "{" + fields + R"(,"peerId":")" + peer_ + "\"" + field(i) + "}");
  }

 private:
  HubWorld& world_;
  const Dialect& dialect_;
  std::string name_, peer_;
};

TEST_CASE("dialects: each variant opens, watches, sends, receives and acknowledges (§0.1)") {
  const auto dialect = GENERATE(from_range(kDialects));
  INFO(dialect.name);
  HubWorld world;
  Client a(world, dialect, "A", "alice");
  Client b(world, dialect, "B", "bob");
  b.open("[]", "[]");
  a.open(R"(["bob"])", R"(["bob"])");
  a.send(R"("cmd":"session","op":"add","sessionPeerIds":["carol"])", dialect.watch_i);
  a.expect(R"("cmd":"session","op":"added","onlineSessionPeerIds":[])", dialect.watch_i);
  a.send(R"("cmd":"session","op":"remove","sessionPeerIds":["carol"])", dialect.watch_i);
  a.expect(R"("cmd":"session","op":"removed","sessionPeerIds":["carol"])", dialect.watch_i);

  a.send(R"("cmd":"direct","toPeerIds":["bob"],"msg":"hi")", dialect.direct_i);
  const Frame message(world.take("B"));
  const std::string ack =
      R"("cmd":"ack","uid":")" + message["id"] + R"(","t":)" + message["timestamp"];
  a.expect(ack, dialect.direct_i);

  std::string fields = dialect.ack;
  if (const auto at = fields.find("ID"); at != std::string::npos) {
    fields.replace(at, 2, message["id"]);
  }
  b.send(R"("cmd":"ack")" + fields, "");
  world.expectNothing("B");  // never a reply (§4.3)
  CHECK(world.storage.acknowledged == std::vector<std::size_t>{1});
  world.drop("B");
  world.takeAll("A");
  b.open("[]", "[]");
  world.expectNothing("B");
}

TEST_CASE("dialects: group answers carry the request's serial and its type (§16.7)") {
  const auto dialect = GENERATE(from_range(kDialects));
  INFO(dialect.name);
  HubWorld world;
  Client a(world, dialect, "A", "alice");
  a.open("[]", "[]");
  a.send(R"("cmd":"room","op":"join","roomId":"")", dialect.direct_i);
  const Frame joined(world.take("A"));
  CHECK(joined["byPeerId"] == "alice");
  CHECK(joined.has("i") == !dialect.direct_i.empty());
  CHECK(textOf(world.take("A"), "op") == "members-joined");
  a.send(R"("cmd":"room","op":"leave","roomId":"0123456789abcdef01234567")", dialect.direct_i);
  a.expect(R"("cmd":"room","op":"reject","roomId":"0123456789abcdef01234567","code":4303,
              "reason":"CONVERSATION_NOT_FOUND")",
           dialect.direct_i);
}

TEST_CASE("dialects: iOS marks ordinary messages transient:false, Android asks receipts with 1") {
  HubWorld world;
  world.open("B", "bob");
  world.open("A", "alice", R"(["bob"])");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x",
                      "transient":false,"r":1,"i":5})");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  const Frame message(world.take("B"));
  CHECK_FALSE(message.has("transient"));
  world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[")" + message["id"] + "\"]}");
  CHECK(textOf(world.take("A"), "cmd") == "rcp");
}

TEST_CASE("dialects: v2 fields that late Android clients send are ignored") {
  HubWorld world;
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"alice","i":-1,
                      "ua":"android/3.1.5","r":1,"tag":"x","deviceId":"d","st":"t","stTtl":5,
                      "installationId":"7d","sessionPeerIds":null})");
  world.expect("A", R"({"cmd":"session","op":"opened","peerId":"alice","i":-1,
                        "onlineSessionPeerIds":[]})");
}

}  // namespace
}  // namespace kith::testing
