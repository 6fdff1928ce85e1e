// SPDX-License-Identifier: Apache-2.0
// Groups as objects of the class AVOSRealtimeGroups (avos-v1 §9.1): attributes are fields, members
// are rows. One suite for both storages.
#include "server/objects/changes.hpp"
#include "server/storage/message_extra.hpp"
#include "server/storage/objects_bench.hpp"

namespace kith::storage {
namespace {

class GroupsBench : public ObjectsBench {
 public:
  using ObjectsBench::ObjectsBench;

  ObjectRecord attributes(std::string_view id) { return get(id, kGroupsClass); }
  Token set(std::string_view id, std::string_view body, bool master = true) {
    const Token asked = ask(UpdateObject{{}, kGroupsClass, id, body, 0, "carol", {}, master, 200});
    finish();
    return asked;
  }
  void join(std::string_view id, std::string_view peer) {
    const PeerRef named{peer, false};
    storage->submit(++token, AddMembers{"app", id, {&named, 1}, "alice", false, 0, 1});
  }
  void leave(std::string_view id, std::string_view peer) {
    storage->submit(++token, RemoveMembers{"app", id, {&peer, 1}, "alice", false, 1});
  }
  void say(std::string_view group, std::string_view id, std::int64_t timestamp,
           std::string_view extra = {}) {
    Append message = make(id, timestamp);
    message.conv_id = group;
    message.kind = ConversationKind::Group;
    message.from = "bob";
    message.extra = extra;
    append(message);
  }
  Ids groups(std::string_view where, std::string_view order = "objectId") {
    FindObjects request = petsWhere(where, order);
    request.class_name = kGroupsClass;
    return ids(request);
  }
};

}  // namespace

TEST_CASE("group objects: one is made with its group, and shows who is in it by now") {
  GroupsBench bench(anyKind());
  bench.create("g1", false, {"carol", "bob", "carol"});
  bench.create("g2", true, {});
  const ObjectRecord made = bench.attributes("g1");
  REQUIRE(made != nullptr);
  CHECK(*made == objects::Object{"g1", R"({"c":"alice","m":["carol","bob"]})",
                                 R"({"*":{"read":true}})", 1, 1, 1});
  CHECK(bench.attributes("g2")->json == R"({"c":"alice","tr":true,"m":[]})");
  bench.join("g1", "a\"\n");
  bench.leave("g1", "carol");
  const Token named = bench.set("g1", R"({"name":"friends"})");
  CHECK(bench.attributes("g1")->json == R"({"c":"alice","name":"friends","m":["bob","a\"\n"]})");
  CHECK(bench.attributes("g1")->version == 2);
  CHECK(**bench.results.object.at(named) == *bench.attributes("g1"));
  bench.join("g1", "carol");
  FindObjects request = petsWhere(R"({"name":"friends"})");
  request.class_name = kGroupsClass;
  CHECK(bench.find(request)->objects.at(0).json ==
        R"({"c":"alice","name":"friends","m":["bob","a\"\n","carol"]})");
  CHECK(bench.groups(R"({"tr":true})") == Ids{"g2"});
  CHECK(bench.groups(R"({"m":{"$size":3}})") == Ids{"g1"});
}

TEST_CASE("group objects: the groups of a peer are found by its membership") {
  GroupsBench bench(anyKind());
  bench.storage->submit(kNoToken, ConfigureApp{"other", {}});
  const std::vector<std::string_view> both{"bob", "carol"};
  bench.create("g1", false, both);
  bench.create("g2", false, {"bob"});
  bench.create("g3", false, {"carol"});
  const std::vector<PeerRef> refs{{"bob", false}, {"carol", false}};
  bench.storage->submit(++bench.token, CreateGroup{"other", "g9", false, refs, "alice", 1});
  bench.set("g2", R"({"name":"two"})");
  CHECK(bench.groups(R"({"m":"bob"})") == Ids{"g1", "g2"});
  CHECK(bench.groups(R"({"m":"bob"})", "-updatedAt") == Ids{"g2", "g1"});
  CHECK(bench.groups(R"({"m":"bob","name":"two"})") == Ids{"g2"});
  CHECK(bench.groups(R"({"m":{"$all":["bob","carol"]}})") == Ids{"g1"});
  CHECK(bench.groups(R"({"m":{"$in":["bob","carol"]}})") == Ids{"g1", "g2", "g3"});
  CHECK(bench.groups(R"({"m":{"$ne":"bob"}})") == Ids{"g3"});
  CHECK(bench.groups(R"({"m":"bob","objectId":"g1"})") == Ids{"g1"});
  CHECK(bench.groups(R"({"m":"nobody"})").empty());
  bench.leave("g1", "bob");
  bench.leave("g1", "bob");
  bench.join("g3", "bob");
  bench.join("g3", "bob");
  CHECK(bench.groups(R"({"m":"bob"})") == Ids{"g2", "g3"});
  bench.leave("g2", "bob");
  bench.leave("g3", "bob");
  CHECK(bench.groups(R"({"m":"bob"})").empty());
}

TEST_CASE("group objects: a conversation shows when its last message came, and is sorted by it") {
  GroupsBench bench(anyKind());
  const std::vector<std::string_view> both{"bob", "carol"};
  for (const char* id : {"g1", "g2", "quiet"}) bench.create(id, false, both);
  const MessageExtra bytes{true, false, false, {"bob"}};
  const std::string packed = bytes.pack();
  bench.say("g2", "m1", 2000);
  bench.say("g1", "m2", 3000);
  bench.say("g2", "m3", 4000, packed);
  bench.join("g2", "dave");
  CHECK(bench.groups(R"({"m":"bob"})", "-lm") == Ids{"g2", "g1", "quiet"});
  CHECK(bench.groups(R"({"m":"bob"})", "lm") == Ids{"quiet", "g1", "g2"});
  CHECK(bench.groups(R"({"lm":{"$gt":{"__type":"Date","iso":"1970-01-01T00:00:03.000Z"}}})") ==
        Ids{"g2"});
  const std::string time = R"("lm":{"__type":"Date","iso":"1970-01-01T00:00:04.000Z"})";
  CHECK(bench.attributes("g2")->json.find(time) != std::string::npos);
  CHECK(bench.attributes("quiet")->json.find("lm") == std::string::npos);
  for (const char* order : {"-lm", "objectId"}) {
    FindObjects request = petsWhere(R"({"objectId":{"$in":["g2","quiet"]}})", order);
    request.class_name = kGroupsClass;
    request.last_messages = true;
    const auto found = bench.find(request);
    CHECK(found->objects.at(0).json ==
          R"({"c":"alice","m":["bob","carol","dave"],)" + time +
              R"(,"msg":"text","bin":true,"msg_mid":"m3","msg_from":"bob",)"
              R"("msg_timestamp":4000,"mention_pids":["bob"]})");
    CHECK(found->objects.at(1).json == R"({"c":"alice","m":["bob","carol"]})");
  }
  // One that was deleted is not the last one any more.
  bench.storage->submit(++bench.token, DeleteMessage{"app", "g2", "m3", 4000});
  CHECK(bench.groups(R"({"m":"bob"})", "-lm") == Ids{"g1", "g2", "quiet"});
}

TEST_CASE("group objects: those of a peer are found among more than a search may look at") {
  GroupsBench bench(anyKind());
  bench.create("bobs", false, {"bob"});
  for (std::size_t i = 0; i <= objects::kSearchedObjects; ++i) {
    bench.create("g" + std::to_string(i), false, {});
  }
  CHECK(bench.groups(R"({"m":"bob"})") == Ids{"bobs"});
  FindObjects request = petsWhere(R"({"name":"x"})");
  request.class_name = kGroupsClass;
  CHECK(bench.find(request).error().server_code == objects::kTooMuch);
}

TEST_CASE("group objects: who is in a group, and that it is there, is changed by its own means") {
  GroupsBench bench(anyKind());
  bench.create("g1", false, {"bob"});
  for (const char* body :
       {R"({"m":["eve"]})", R"({"name":"x","m":{"__op":"AddUnique","objects":["eve"]}})",
        R"({"m.0":"eve"})", R"({"m":{"__op":"Delete"}})", R"({"tr":true})", R"({"c":"eve"})",
        R"({"unique":false})", R"({"lm":1})"}) {
    CAPTURE(body);
    const Token refused = bench.set("g1", body);
    CHECK(bench.refused(refused).code == Errc::InvalidArgument);
    CHECK(bench.refused(refused).server_code == objects::kBadKey);
  }
  const Token made = bench.ask(CreateObject{{}, kGroupsClass, "g2", "{}", 100});
  const Token gone = bench.ask(DeleteObject{{}, kGroupsClass, "g1", 0, {}, {}, true});
  bench.finish();
  CHECK(bench.refused(made).server_code == kNotAllowed);
  CHECK(bench.refused(gone).server_code == kNotAllowed);
  CHECK(bench.attributes("g1")->json == R"({"c":"alice","m":["bob"]})");
  CHECK(bench.attributes("g1")->version == 1);
  CHECK(bench.attributes("g2") == nullptr);
  // In other classes these are fields like any other.
  bench.ask(CreateObject{{}, "Pet", "p1", R"({"m":["x"],"tr":1})", 100});
  CHECK(bench.ids(petsWhere(R"({"m":"x"})")) == Ids{"p1"});
}

TEST_CASE("group objects: all may read one, and only the master writes it at first") {
  GroupsBench bench(anyKind());
  bench.create("g1", false, {"carol"});
  const Token forbidden = bench.set("g1", R"({"name":"x"})", false);
  CHECK(bench.refused(forbidden).server_code == kNotAllowed);
  const Token read = bench.ask(GetObject{{}, kGroupsClass, "g1", {}, {}, false});
  bench.finish();
  CHECK(*bench.results.object.at(read) != nullptr);
  bench.set("g1", R"({"ACL":{"carol":{"read":true,"write":true}}})");
  CHECK(bench.results.object.at(bench.set("g1", R"({"name":"x"})", false)).ok());
  const Token hidden = bench.ask(GetObject{{}, kGroupsClass, "g1", "bob", {}, false});
  bench.finish();
  CHECK(*bench.results.object.at(hidden) == nullptr);
  CHECK(bench.groups(R"({"m":"carol"})") == Ids{"g1"});
}

TEST_CASE("group objects: a group is made also when the app has all its classes") {
  GroupsBench bench(anyKind());
  for (std::size_t i = 0; i < kClasses; ++i) {
    bench.ask(CreateObject{{}, "C" + std::to_string(i), "p1", "{}", 100});
  }
  bench.create("g1", false, {"bob"});
  CHECK(bench.groups(R"({"m":"bob"})") == Ids{"g1"});
}

}  // namespace kith::storage
