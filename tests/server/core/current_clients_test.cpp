// SPDX-License-Identifier: Apache-2.0
// What the clients of the current protocol that cannot run here send and expect (leancloud-current
// §2, §4, §5, §12), a transcript each: in the encoding that the client asks for.
#include <cctype>

#include "support/current_world.hpp"

namespace kith::testing {
namespace {

/// A client that is written in JSON here and speaks what its handshake names.
class Client {
 public:
  Client(CurrentWorld& world, std::string name, std::string subprotocol)
      : world_(world), name_(std::move(name)) {
    how_.subprotocol = std::move(subprotocol);
    encoding_ = leancloud::parseSubprotocol(how_.subprotocol)->encoding;
    connect();
  }
  void connect() { world_.connectAs(name_, how_); }
  void drop() { world_.drop(name_); }

  void say(const std::string& json) {
    auto command = json_.decode(leancloud::Encoding::Json, json);
    INFO(json);
    REQUIRE(command.ok());
    std::string frame;
    encoder_.encode(*command, encoding_, frame);
    world_.send(name_, frame);
  }
  std::string hear() {
    frame_ = world_.take(name_);
    auto command = decoder_.decode(encoding_, frame_);
    REQUIRE(command.ok());
    std::string json;
    encoder_.encode(*command, leancloud::Encoding::Json, json);
    return json;
  }
  std::string ask(const std::string& json) {
    say(json);
    return hear();
  }
  /// What is no answer says which peer it is for: clients drop it otherwise (§4 "service").
  std::string hearPush() {
    const std::string push = hear();
    INFO(push);
    const Frame frame(push);
    CHECK_FALSE(frame.has("i"));
    CHECK(frame["service"] == "2");
    CHECK(frame["appId"] == "testapp0001");
    CHECK_FALSE(frame["peerId"].empty());
    return push;
  }
  void hearNothing() { world_.expectNothing(name_); }
  const std::string& lastFrame() const { return frame_; }

 private:
  CurrentWorld& world_;
  std::string name_;
  net::Accepted how_;
  leancloud::Encoding encoding_;
  leancloud::Decoder json_;
  leancloud::Decoder decoder_;
  leancloud::Encoder encoder_;
  std::string frame_;
};

std::string command(const std::string& peer, const std::string& fields) {
  return R"({"appId":"testapp0001","peerId":")" + peer + "\"," + fields + "}";
}

// --- Java, and Flutter on Android ----------------------------------------------------------------

/// As realtime-core 6.0.5 begins: the app is named by the login alone, numbers count up from the
/// lowest, and the first client opens twice.
struct Java {
  Java(CurrentWorld& world, const std::string& subprotocol) : client(world, "A", subprotocol) {
    const std::string loggedin =
        client.ask(R"({"cmd":"login","appId":"testapp0001","installationId":"inst-1"})");
    CHECK(textOf(loggedin, "cmd") == "loggedin");
    CHECK_FALSE(Frame(loggedin).has("i"));
    const std::string first = client.ask(open(R"("i":-65535)"));
    CHECK(textOf(first, "op") == "opened");
    CHECK(numberOf(first, "i") == -65535);
    CHECK(textOf(first, "appId") == "testapp0001");
    const std::string second = client.ask(open(R"("r":true,"i":-65534)"));
    CHECK(textOf(second, "op") == "opened");
    CHECK(numberOf(second, "i") == -65534);
    token = textOf(second, "st");
    client.hearNothing();
  }
  static std::string open(const std::string& more) {
    return R"({"cmd":"session","op":"open","peerId":"alice","ua":"android/6.0.5","tag":"Mobile",)"
           R"("deviceId":"inst-1","configBitmap":47,)" +
           more + "}";
  }
  /// After a broken socket: neither a number nor the tag.
  std::string reopen(const std::string& shown) {
    client.drop();
    client.connect();
    return client.ask(command("alice", R"("cmd":"session","op":"open","r":true,"st":")" + shown +
                                           R"(","configBitmap":47)"));
  }
  Client client;
  std::string token;
};

TEST_CASE("current clients: Java opens twice on one socket and has one session") {
  CurrentWorld world;
  Java java(world, "lc.protobuf2.3");
  world.openCurrent("B", "bob");
  const std::string id = world.start("B", R"(["alice"])");
  CHECK(textOf(java.client.hearPush(), "op") == "joined");
  world.say("B", id, "once");
  CHECK(textOf(java.client.hearPush(), "msg") == "once");
  java.client.hearNothing();
}

TEST_CASE("current clients: Java comes back by its token, and its answer has no number") {
  CurrentWorld world;
  Java java(world, "lc.protobuf2.3");
  const std::string opened = java.reopen(java.token);
  CHECK(textOf(opened, "op") == "opened");
  CHECK_FALSE(Frame(opened).has("i"));
  CHECK(textOf(opened, "peerId") == "alice");
  // The tag came with the token.
  world.openCurrent("B", "alice", R"(,"tag":"Mobile","deviceId":"inst-2")");
  const std::string closed = java.client.hearPush();
  CHECK(textOf(closed, "op") == "closed");
  CHECK(numberOf(closed, "code") == 4111);
}

TEST_CASE("current clients: Java's refused token is an error without a number") {
  CurrentWorld world;
  Java java(world, "lc.protobuf2.3");
  const std::string refused = java.reopen("forged");
  CHECK(textOf(refused, "cmd") == "error");
  CHECK(numberOf(refused, "code") == 4112);
  CHECK(textOf(refused, "reason") == "SESSION_TOKEN_EXPIRED");
  CHECK_FALSE(Frame(refused).has("i"));
  // It logs in with all that it has, on the same socket.
  CHECK(numberOf(java.client.ask(command("alice", R"("cmd":"session","op":"open","i":0)")), "i") ==
        0);
}

TEST_CASE("current clients: Java acknowledges each message, also its own from another device") {
  CurrentWorld world;
  Java java(world, "lc.protobuf2.3");
  world.openCurrent("A2", "alice");
  world.openCurrent("B", "bob");
  const std::string id = world.start("A2", R"(["bob"])", R"(,"unique":true)");
  world.takeAll("B");
  java.client.hearNothing();
  const std::string ack = world.say("A2", id, "mine", R"(,"r":true)");
  const std::string copy = java.client.hearPush();
  CHECK(textOf(copy, "fromPeerId") == "alice");
  const std::string mine = R"("cmd":"ack","cid":")" + id + R"(","mid":")" + textOf(copy, "id");
  java.client.say(command("alice", mine + "\""));
  world.expectNothing("A2");  // a receipt of oneself is none
  world.send("B", command("bob", mine + "\""));
  const std::string receipt = world.take("A2");
  CHECK(textOf(receipt, "cmd") == "rcp");
  CHECK(textOf(receipt, "id") == textOf(ack, "uid"));
  CHECK(textOf(receipt, "from") == "bob");
}

TEST_CASE("current clients: Java acknowledges a page of history by its end alone") {
  CurrentWorld world;
  Java java(world, "lc.protobuf2.3");
  world.openCurrent("B", "bob");
  const std::string id = world.start("B", R"(["alice"])", R"(,"unique":true)");
  const std::string sent = world.say("B", id, "hello", R"(,"r":true)");
  for (const char* event : {"joined", "direct"}) {
    const Frame push(java.client.hearPush());
    CHECK((push["op"] == event || push["cmd"] == event));
  }
  java.client.say(command("alice", R"("cmd":"ack","cid":")" + id + R"(","tots":)" +
                                       std::to_string(numberOf(sent, "t"))));
  const std::string receipt = world.take("B");
  CHECK(textOf(receipt, "cmd") == "rcp");
  CHECK(textOf(receipt, "id") == textOf(sent, "uid"));
}

TEST_CASE("current clients: Java's next page of history goes on within a millisecond") {
  CurrentWorld world;
  Java java(world, "lc.protobuf2.3");
  world.openCurrent("B", "bob");
  const std::string id = world.start("B", R"(["alice"])");
  std::vector<std::string> acks;
  for (const char* text : {"one", "two", "three", "four"}) {
    acks.push_back(world.say("B", id, text));
    CHECK(numberOf(acks.back(), "t") == numberOf(acks.front(), "t"));
  }
  for (int pushes = 0; pushes < 5; ++pushes) java.client.hearPush();
  const std::string page = R"("cmd":"logs","limit":2,"i":-65000,"cid":")" + id + "\"";
  const std::string last = java.client.ask(command("alice", page));
  CHECK(last.find("two") == std::string::npos);
  CHECK(last.find("three") < last.find("four"));
  const std::string before =
      java.client.ask(command("alice", page + R"(,"t":)" + std::to_string(numberOf(acks[2], "t")) +
                                           R"(,"mid":")" + textOf(acks[2], "uid") + "\""));
  CHECK(before.find("three") == std::string::npos);
  CHECK(before.find("one") < before.find("two"));
  CHECK(before.find("two") != std::string::npos);
}

TEST_CASE("current clients: Java before 8 is pushed what came while it was away") {
  CurrentWorld world;
  Java java(world, "lc.protobuf2.1");
  world.openCurrent("B", "bob");
  const std::string id = world.start("B", R"(["alice"])");
  java.client.hearPush();
  java.client.drop();
  world.say("B", id, "one");
  world.say("B", id, "two");
  java.client.connect();
  CHECK(textOf(java.client.ask(command(
                   "alice", R"("cmd":"session","op":"open","r":true,"st":")" + java.token + "\"")),
               "op") == "opened");
  for (const char* text : {"one", "two"}) {
    const std::string direct = java.client.hearPush();
    CHECK(textOf(direct, "msg") == text);
    CHECK(textOf(direct, "cid") == id);
    CHECK(Frame(direct)["offline"] == "true");
  }
  java.client.hearNothing();
}

TEST_CASE("current clients: Flutter on Android is Java 8, and is told how much it missed") {
  CurrentWorld world;
  Client flutter(world, "A", "lc.protobuf2.3");
  flutter.ask(R"({"cmd":"login","appId":"testapp0001","installationId":"inst-1"})");
  const std::string opened =
      flutter.ask(command("alice", R"("cmd":"session","op":"open","configBitmap":175,"i":-65535,)"
                                   R"("deviceId":"inst-1","ua":"android/8.1.4")"));
  CHECK(textOf(opened, "op") == "opened");
  const std::string started = flutter.ask(
      command("alice", R"("cmd":"conv","op":"start","m":["bob"],"unique":true,"i":-65534,)"
                       R"("attr":{"name":"two","attr":{"color":"red"}})"));
  CHECK(textOf(started, "op") == "started");
  CHECK(textOf(started, "uniqueId").size() == 32);
  const std::string id = textOf(started, "cid");
  flutter.drop();
  world.openCurrent("B", "bob");
  world.say("B", id, "missed");
  flutter.connect();
  const std::string token = R"("cmd":"session","op":"open","r":true,"st":")" + textOf(opened, "st");
  CHECK(textOf(flutter.ask(command("alice", token + "\"")), "op") == "opened");
  const std::string unread = flutter.hearPush();
  CHECK(textOf(unread, "cmd") == "unread");
  CHECK(parseJson(unread)["convs"][0]["unread"].GetInt() == 1);
  flutter.hearNothing();
  const std::string logs =
      flutter.ask(command("alice", R"("cmd":"logs","limit":20,"i":-65533,"cid":")" + id + "\""));
  CHECK(logs.find(R"("data":"missed")") != std::string::npos);
  const std::string found = flutter.ask(
      command("alice", R"("cmd":"conv","op":"query","where":{"attr.color":"red"},"i":-65532)"));
  CHECK(found.find(id) != std::string::npos);
}

// --- Swift, and Flutter on iOS -------------------------------------------------------------------

TEST_CASE("current clients: Swift is told on every push which service, app and peer it is for") {
  CurrentWorld world;
  Client swift(world, "A", "lc.protobuf2.3");
  const std::string more =
      R"("cmd":"session","op":"open","tag":"Mobile","deviceToken":"d-1","configBitmap":187)";
  const std::string opened = swift.ask(command("alice", more + R"(,"i":1)"));
  CHECK(textOf(opened, "op") == "opened");
  CHECK(numberOf(opened, "service") == 2);
  CHECK(numberOf(opened, "stTtl") > 0);
  CHECK(swift.lastFrame().substr(0, 2) == std::string_view("\x08\x00", 2));  // 0 is on the wire
  world.openCurrent("B", "bob");
  const std::string id = world.start("B", R"(["alice"])");
  CHECK(textOf(swift.hearPush(), "op") == "joined");
  const std::string cid = R"("cid":")" + id + "\"";
  world.ask("B", R"("cmd":"conv","op":"add","m":["carol"],)" + cid);
  CHECK(textOf(swift.hearPush(), "op") == "members-joined");
  world.takeAll("B");
  world.ask("B", R"("cmd":"conv","op":"remove","m":["carol"],)" + cid);
  CHECK(textOf(swift.hearPush(), "op") == "members-left");
  world.takeAll("B");
  const std::string ack = world.say("B", id, "hello", R"(,"r":true)");
  const std::string direct = swift.hearPush();
  CHECK(textOf(direct, "id") == textOf(ack, "uid"));
  CHECK(numberOf(direct, "timestamp") == numberOf(ack, "t"));
  swift.say(
      command("alice", R"("cmd":"ack",)" + cid + R"(,"mid":")" + textOf(direct, "id") + "\""));
  CHECK(textOf(world.take("B"), "cmd") == "rcp");
  world.ask("B", R"("cmd":"conv","op":"remove","m":["alice"],)" + cid);
  CHECK(textOf(swift.hearPush(), "op") == "left");
}

TEST_CASE("current clients: Swift reopens with its tag while its old socket still seems to live") {
  CurrentWorld world;
  const std::string open =
      R"("cmd":"session","op":"open","tag":"Mobile","deviceToken":"d-1","configBitmap":187)";
  Client swift(world, "A", "lc.protobuf2.3");
  const std::string token = textOf(swift.ask(command("alice", open + R"(,"i":1)")), "st");
  Client again(world, "A2", "lc.protobuf2.3");
  const std::string opened =
      again.ask(command("alice", open + R"(,"r":true,"i":1,"st":")" + token + "\""));
  CHECK(textOf(opened, "op") == "opened");
  CHECK(numberOf(opened, "i") == 1);
  // A device that only says that it comes back gives way to the one that has its tag.
  Client other(world, "A3", "lc.protobuf2.3");
  const std::string refused = other.ask(command(
      "alice", R"("cmd":"session","op":"open","tag":"Mobile","deviceToken":"d-2","r":true,"i":1)"));
  CHECK(textOf(refused, "op") == "closed");
  CHECK(numberOf(refused, "code") == 4111);
  world.openCurrent("B", "bob");
  const std::string online =
      world.ask("B", R"("cmd":"session","op":"query","sessionPeerIds":["alice"])");
  CHECK(listOf(online, "onlineSessionPeerIds") == std::vector<std::string>{"alice"});
}

// --- Objective-C ---------------------------------------------------------------------------------

TEST_CASE(
    "current clients: Objective-C refreshes, asks for twenty peers, and closes without a code") {
  CurrentWorld world;
  Client objc(world, "A", "lc.protobuf2.3");
  const std::string token =
      textOf(objc.ask(command("alice", R"("cmd":"session","op":"open","deviceToken":"d-1",)"
                                       R"("configBitmap":171,"i":1)")),
             "st");
  const std::string refreshed =
      objc.ask(command("alice", R"("cmd":"session","op":"refresh","i":2,"st":")" + token + "\""));
  CHECK(textOf(refreshed, "op") == "refreshed");
  CHECK_FALSE(textOf(refreshed, "st").empty());
  CHECK(numberOf(refreshed, "stTtl") > 0);
  world.openCurrent("B", "bob");
  std::string ids = R"("bob")";
  for (int i = 1; i < 20; ++i) ids += R"(,"absent-)" + std::to_string(i) + "\"";
  const std::string online = objc.ask(
      command("alice", R"("cmd":"session","op":"query","i":3,"sessionPeerIds":[)" + ids + "]"));
  CHECK(textOf(online, "op") == "query-result");
  CHECK(listOf(online, "onlineSessionPeerIds") == std::vector<std::string>{"bob"});
  const std::string closed = objc.ask(command("alice", R"("cmd":"session","op":"close","i":4)"));
  CHECK(textOf(closed, "op") == "closed");
  CHECK(numberOf(closed, "i") == 4);
  CHECK_FALSE(Frame(closed).has("code"));
}

// --- C# ------------------------------------------------------------------------------------------

/// As C# writes them: seconds, and digits in upper case.
std::string upperCase(std::string signature) {
  const std::string key = R"("s":")";
  for (std::size_t at = signature.find(key) + key.size(); signature[at] != '"'; ++at) {
    signature[at] = static_cast<char>(std::toupper(static_cast<unsigned char>(signature[at])));
  }
  return signature;
}

TEST_CASE("current clients: C# signs in seconds with upper case digits, and refreshes by itself") {
  CurrentWorld world(testHub(testApp(true)));
  Client csharp(world, "A", "lc.protobuf2.3");
  const std::string open = R"("cmd":"session","op":"open","configBitmap":171,"i":1)";
  const std::string signature = upperCase(world.sessionSignature("alice", {}));
  CHECK(textOf(csharp.ask(command("alice", open + signature)), "op") == "opened");
  const std::string refreshed =
      csharp.ask(command("alice", R"("cmd":"session","op":"refresh","i":2)" +
                                      upperCase(world.sessionSignature("alice", {}))));
  CHECK(textOf(refreshed, "op") == "refreshed");
  CHECK_FALSE(textOf(refreshed, "st").empty());
  const std::string started = csharp.ask(
      command("alice", R"("cmd":"conv","op":"start","m":["bob"],"i":3)" +
                           upperCase(world.sessionSignature("alice", {"alice", "bob"}))));
  CHECK(textOf(started, "op") == "started");
  const std::string id = textOf(started, "cid");
  const std::string added = csharp.ask(
      command("alice", R"("cmd":"conv","op":"add","m":["carol"],"i":4,"cid":")" + id + "\"" +
                           upperCase(world.roomSignature("alice", id, {"carol"}, "invite"))));
  CHECK(textOf(added, "op") == "added");
  CHECK(listOf(added, "allowedPids") == std::vector<std::string>{"carol"});
}

TEST_CASE("current clients: C# counts only an echo without a number as its pong") {
  CurrentWorld world;
  Client csharp(world, "A", "lc.protobuf2.3");
  const std::string pong = csharp.ask(R"({"cmd":"echo"})");
  CHECK(textOf(pong, "cmd") == "echo");
  CHECK_FALSE(Frame(pong).has("i"));
  const std::string numbered = csharp.ask(R"({"cmd":"echo","i":7})");  // as JavaScript does
  CHECK(textOf(numbered, "cmd") == "echo");
  CHECK(numberOf(numbered, "i") == 7);
}

TEST_CASE("current clients: C# names an op for history, and a sender that is not believed") {
  CurrentWorld world;
  Client csharp(world, "A", "lc.protobuf2.3");
  csharp.ask(command("alice", R"("cmd":"session","op":"open","i":1)"));
  world.openCurrent("B", "bob");
  const std::string id = world.start("B", R"(["alice"])");
  csharp.hearPush();
  const std::string cid = R"(,"cid":")" + id + "\"";
  for (const char* text : {"one", "two", "three"}) {
    csharp.ask(command("alice", R"("cmd":"direct","fromPeerId":"eve","i":2,"msg":")" +
                                    std::string(text) + "\"" + cid));
    CHECK(textOf(world.take("B"), "fromPeerId") == "alice");
  }
  const std::string logs =
      csharp.ask(command("alice", R"("cmd":"logs","op":"open","limit":2,"i":3)" + cid));
  CHECK(textOf(logs, "cmd") == "logs");
  CHECK(logs.find("one") == std::string::npos);
  CHECK(logs.find(R"("two")") < logs.find(R"("three")"));
  CHECK(logs.find(R"("three")") != std::string::npos);
}

// --- the retired .NET for Unity ------------------------------------------------------------------

TEST_CASE("current clients: Unity's .NET names its subprotocol in the query and speaks JSON") {
  CurrentWorld world;
  net::Accepted how;
  how.query = "appId=testapp0001&subprotocol=lc.json.3";
  world.connectAs("A", how);
  const auto ask = [&](const std::string& fields) {
    world.send("A", command("alice", fields));
    return world.take("A");
  };
  const std::string opened = ask(R"("cmd":"session","op":"open","i":-65535,"ua":"net-unity")");
  CHECK(textOf(opened, "op") == "opened");
  CHECK(numberOf(opened, "i") == -65535);
  world.openCurrent("B", "bob");
  const std::string started = ask(
      R"("cmd":"conv","op":"start","m":["bob"],"attr":{"name":"two","n":{"deep":[1]}},"i":-65534)");
  const std::string id = textOf(started, "cid");
  CHECK(numberOf(started, "i") == -65534);
  const std::string found = ask(R"("cmd":"conv","op":"query","where":{"name":"two"},"i":-65533)");
  CHECK(textOf(found, "op") == "results");
  // Values, and not texts of values.
  const auto results = parseJson(found);
  REQUIRE(results["results"].IsArray());
  REQUIRE(results["results"].Size() == 1);
  CHECK(textOf(results["results"][0], "objectId") == id);
  CHECK(results["results"][0]["n"]["deep"].IsArray());
  CHECK(textOf(ask(R"("cmd":"session","op":"query","sessionPeerIds":["bob"],"i":-65532)"), "op") ==
        "query-result");
  world.takeAll("B");
  world.ask("B", R"("cmd":"conv","op":"add","m":["carol"],"cid":")" + id + "\"");
  const std::string joined = world.take("A");
  CHECK(textOf(joined, "op") == "members-joined");
  CHECK_FALSE(Frame(joined).has("i"));
}

TEST_CASE("current clients: the empty heartbeat of JSON is answered by an empty one") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  world.send("A", "{}");
  CHECK(world.take("A") == "{}");
  world.send("A", R"({"cmd":"echo"})");
  CHECK(textOf(world.take("A"), "cmd") == "echo");
}

}  // namespace
}  // namespace kith::testing
