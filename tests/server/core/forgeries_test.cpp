// SPDX-License-Identifier: Apache-2.0
// Signatures that were made for something else, or changed on the way (avos-v1 §10).
#include <algorithm>
#include <cctype>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

/// The fields of a signature, with a comma before them.
struct Forged {
  std::string s;
  std::string t{std::to_string(kStartSeconds)};
  std::string n{"n0nce"};

  std::string fields() const { return R"(,"s":")" + s + R"(","t":)" + t + R"(,"n":")" + n + "\""; }
};

std::string openFrame(const std::string& peer, const std::string& watch, const Forged& with,
                      const std::string& app = "testapp0001", const std::string& op = "open") {
  return R"({"cmd":"session","op":")" + op + R"(","appId":")" + app + R"(","peerId":")" + peer +
         R"(","sessionPeerIds":)" + watch + with.fields() + "}";
}

/// An honest signature of alice's open that watches bob and carol.
Forged honest() {
  Forged made;
  sign::Signer signer(kMasterKey);
  const std::vector<std::string_view> watched{"bob", "carol"};
  made.s = signer.sign(sign::sessionText("testapp0001", "alice", watched, made.t, made.n));
  return made;
}

Forged forGroup(const std::string& group, const std::string& action, const std::string& peer) {
  Forged made;
  sign::Signer signer(kMasterKey);
  std::vector<std::string_view> ids;
  if (!peer.empty()) ids.push_back(peer);
  made.s = signer.sign(sign::groupText("testapp0001", "alice", group, ids, made.t, made.n, action));
  return made;
}

bool opens(const std::string& frame) {
  AppOptions twin = testApp(true);
  twin.id = "twin";  // another app whose owner took the same master key
  core::HubOptions options = testHub(testApp(true));
  options.apps.push_back(twin);
  HubWorld world(options);
  world.send("A", frame);
  if (world.closed("A")) {
    world.expectClose("A", 4102, "SIGNATURE_FAILED");
    return false;
  }
  return textOf(world.take("A"), "op") == "opened";
}

const std::string kWatched = R"(["bob","carol"])";

TEST_CASE("forgeries: the honest signature opens, in any order of the list and in upper case") {
  CHECK(opens(openFrame("alice", kWatched, honest())));
  CHECK(opens(openFrame("alice", R"(["carol","bob"])", honest())));
  Forged upper = honest();
  std::transform(upper.s.begin(), upper.s.end(), upper.s.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  CHECK(opens(openFrame("alice", kWatched, upper)));
}

TEST_CASE("forgeries: a signature cut, lengthened, or of other letters opens nothing") {
  const std::string good = honest().s;
  std::string swapped = good;
  std::swap(swapped[0], swapped[39]);
  if (swapped == good) swapped[0] = swapped[0] == 'a' ? 'b' : 'a';
  for (const std::string& s :
       {std::string(), good.substr(0, 39), good.substr(1), good + "0", good + good, good + " ",
        " " + good, good.substr(0, 20), std::string(40, '0'), std::string(40, 'g'), swapped,
        good.substr(0, 39) + "G", std::string(4000, 'a')}) {
    CAPTURE(s);
    Forged forged = honest();
    forged.s = s;
    CHECK_FALSE(opens(openFrame("alice", kWatched, forged)));
  }
}

TEST_CASE("forgeries: another time or nonce than was signed opens nothing") {
  for (const std::string t : {"1412000001", "1411999999", "01412000000", "1412000000000", "0",
                              "-1412000000", "9223372036854775807", "1412000000.0", "null"}) {
    CAPTURE(t);
    Forged forged = honest();
    forged.t = t;
    HubWorld world(testHub(testApp(true)));
    world.send("A", openFrame("alice", kWatched, forged));
    CHECK((world.closed("A") && !world.has("A")));
  }
  for (const std::string n : {"", "n0nc", "n0nce ", "N0nce", "n0nce:"}) {
    CAPTURE(n);
    Forged forged = honest();
    forged.n = n;
    CHECK_FALSE(opens(openFrame("alice", kWatched, forged)));
  }
}

TEST_CASE("forgeries: a signature of one peer opens no other") {
  for (const std::string peer : {"bob", "Alice", "alice2", "alic", "ALICE"}) {
    CHECK_FALSE(opens(openFrame(peer, kWatched, honest())));
  }
}

TEST_CASE("forgeries: a signature of one app opens no other, even with the same master key") {
  CHECK_FALSE(opens(openFrame("alice", kWatched, honest(), "twin")));
}

TEST_CASE("forgeries: a list that was changed after signing opens nothing") {
  for (const std::string list :
       {"[]", R"(["bob"])", R"(["carol"])", R"(["bob","carol","dave"])", R"(["bob","carla"])",
        R"(["bob","bob","carol"])", R"(["bob:carol"])", R"(["bobcarol"])", R"(["bob","Carol"])"}) {
    CAPTURE(list);
    CHECK_FALSE(opens(openFrame("alice", list, honest())));
  }
}

/// A signature of any text.
Forged signedText(const std::vector<std::string>& parts, const std::string& nonce) {
  Forged made;
  made.n = nonce;
  std::string text = "testapp0001";
  for (const std::string& part : parts) text += ":" + part;
  sign::Signer signer(kMasterKey);
  made.s = signer.sign(text);
  return made;
}

std::string roomFrame(const std::string& op, const std::string& group, const std::string& ids,
                      const Forged& with) {
  return R"({"cmd":"room","peerId":"alice","op":")" + op + R"(","roomId":")" + group +
         R"(","roomPeerIds":)" + ids + with.fields() + "}";
}

TEST_CASE("forgeries: one signature has one meaning, as ids and nonces with a colon are refused") {
  const std::string t = std::to_string(kStartSeconds);
  struct Other {
    std::string what, frame;
  };
  // Each text is one that an honest signer makes for plain ids, but for the colon.
  const Other opens[] = {
      {"a who watches `b:`", openFrame("a:b", "[]", signedText({"a", "b:", t, "n"}, "n"))},
      {"two peers as one", openFrame("alice", R"(["bob:carol"])", honest())},
      {"peer and watched", openFrame("alice:bob", R"(["carol"])", honest())},
      {"a plain open as a super one",
       openFrame("alice", "[]", signedText({"alice", "", t, "n", "sp"}, "n:sp"))},
  };
  for (const Other& other : opens) {
    CAPTURE(other.what);
    HubWorld world(testHub(testApp(true)));
    world.send("A", other.frame);
    world.expectClose("A", 4102, "SIGNATURE_FAILED");
    CHECK(world.takeRefusal().fault == core::SignatureFault::Colon);
    // An app that has such ids may have them.
    AppOptions app = testApp(true);
    app.allow_colons = true;
    HubWorld lenient(testHub(app));
    lenient.send("A", other.frame);
    CHECK(textOf(lenient.take("A"), "op") == "opened");
  }
}

TEST_CASE("forgeries: ids with a colon are watched, invited and joined by nobody") {
  const std::string t = std::to_string(kStartSeconds);
  HubWorld world(testHub(testApp(true)));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  const std::string frames[] = {
      openFrame("alice", R"(["b:c"])", signedText({"alice", "b", "c", t, "n"}, "n"), "testapp0001",
                "add"),
      roomFrame("invite", "g", R"(["b:c"])",
                signedText({"alice", "g", "b", "c", t, "n", "invite"}, "n")),
      roomFrame("kick", "g:b", R"(["c"])",
                signedText({"alice", "g", "b", "c", t, "n", "kick"}, "n")),
      roomFrame("join", "g:", "[]", signedText({"alice", "g", "", "", t, "n", "join"}, "n"))};
  for (const std::string& frame : frames) {
    CAPTURE(frame);
    world.send("A", frame);
    const std::string code = Frame(world.take("A"))["code"];
    CHECK((code == "4102" || code == "4302"));
    CHECK(world.takeRefusal().fault == core::SignatureFault::Colon);
  }
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("forgeries: a word of the signed text is no nonce") {
  const std::string word =
      GENERATE(as<std::string>(), "sp", "su", "join", "invite", "kick", "members",
               "client-block-conversations", "client-unblock-conversations");
  const std::string t = std::to_string(kStartSeconds);
  // For a group action with a nonce that looks like a time this is the text of an open.
  CHECK_FALSE(opens(openFrame("alice", R"(["g"])", signedText({"alice", "g", t, word}, word))));
}

TEST_CASE("forgeries: a session's signature joins, invites and kicks nobody") {
  const std::string op = GENERATE(as<std::string>(), "join", "invite", "kick");
  HubWorld world(testHub(testApp(true)));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  world.send("A", R"({"cmd":"room","op":")" + op +
                      R"(","peerId":"alice","roomId":"g","roomPeerIds":["bob","carol"])" +
                      honest().fields() + "}");
  CHECK(Frame(world.take("A"))["code"] == "4302");
}

TEST_CASE(
    "forgeries: a signature for one action of a group is none for another, or another group") {
  const std::string made = GENERATE(as<std::string>(), "join", "invite", "kick");
  const std::string used = GENERATE(as<std::string>(), "join", "invite", "kick");
  const bool same_group = GENERATE(true, false);
  CAPTURE(made, used, same_group);
  HubWorld world(testHub(testApp(true)));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice")" +
                      world.roomSignature("alice", "", {}, "join") + "}");
  const auto group = textOf(world.take("A"), "roomId");
  world.takeAll("A");
  const auto forged = forGroup(same_group ? group : "another", made, made == "join" ? "" : "bob");
  world.send("A", R"({"cmd":"room","peerId":"alice","op":")" + used + R"(","roomId":")" + group +
                      R"(","roomPeerIds":["bob"])" + forged.fields() + "}");
  const bool refused = Frame(world.take("A"))["code"] == "4302";
  CHECK(refused == (made != used || !same_group));
}

TEST_CASE("forgeries: a group's signature opens no session and adds no peer") {
  const Forged join = forGroup("bob:carol", "join", "");
  CHECK_FALSE(opens(openFrame("alice", kWatched, join)));
  HubWorld world(testHub(testApp(true)));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  world.send("A",
             openFrame("alice", kWatched, forGroup("g", "invite", "bob"), "testapp0001", "add"));
  CHECK(Frame(world.take("A"))["code"] == "4102");
}

TEST_CASE("forgeries: a signature works once, also for another command and in upper case") {
  HubWorld world(testHub(testApp(true)));
  Forged used = honest();
  world.send("A", openFrame("alice", kWatched, used));
  CHECK(textOf(world.take("A"), "op") == "opened");
  world.send("A", openFrame("alice", kWatched, used, "testapp0001", "add"));
  CHECK(Frame(world.take("A"))["code"] == "4102");
  std::transform(used.s.begin(), used.s.end(), used.s.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  world.send("B", openFrame("alice", kWatched, used));
  CHECK(world.closed("B"));
}

TEST_CASE("forgeries: one that failed uses nobody's signature up") {
  HubWorld world(testHub(testApp(true)));
  world.send("M", openFrame("mallory", kWatched, honest()));
  CHECK(world.closed("M"));
  world.send("A", openFrame("alice", kWatched, honest()));
  CHECK(textOf(world.take("A"), "op") == "opened");
}

TEST_CASE("forgeries: a used signature is refused to the last millisecond of its window") {
  auto app = testApp(true);
  app.signature_window = std::chrono::seconds(10);
  HubWorld world(testHub(app));
  world.send("A", openFrame("alice", kWatched, honest()));  // five seconds old
  CHECK(textOf(world.take("A"), "op") == "opened");
  world.advance(base::Millis(5000));
  world.send("B", openFrame("alice", kWatched, honest()));
  CHECK(world.closed("B"));
}

TEST_CASE(
    "forgeries: a server that restarts has forgotten what was used: the window is what counts") {
  for (const int seconds : {3600, 1}) {
    auto app = testApp(true);
    app.signature_window = std::chrono::seconds(seconds);
    HubWorld restarted(testHub(app));  // five seconds after the signature was made
    restarted.send("A", openFrame("alice", kWatched, honest()));
    CHECK(restarted.closed("A") == (seconds < 5));
  }
}

}  // namespace
}  // namespace kith::testing
