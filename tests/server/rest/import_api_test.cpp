// SPDX-License-Identifier: Apache-2.0
// Lines of an export over HTTP, into a storage in memory.
#include "server/rest/import_api.hpp"

#include <string>

#include "base/clock.hpp"
#include "server/rest/rest_api.hpp"
#include "sign/signer.hpp"
#include "support/catch.hpp"
#include "support/rest_hosts.hpp"

using namespace kith;
using namespace kith::rest;

namespace {

struct Host final : RestHost {
  void reply(net::RequestId, net::HttpReply reply) override { replies.push_back(std::move(reply)); }
  void takeBody(net::RequestId, std::uint64_t limit) override { most = limit; }
  void refused(const net::HttpCall&, std::string_view, std::string_view, bool) override {}
  void conversationChanged(std::string_view app_id, std::string_view conversation) override {
    changed.push_back(std::string(app_id) + ' ' + std::string(conversation));
  }
  std::vector<net::HttpReply> replies;
  std::vector<std::string> changed;
  std::uint64_t most{0};
};

struct Found final : storage::AnswerSink {
  void onAnswer(storage::Answer& answer) override {
    if (auto* page = std::get_if<Result<storage::HistoryPage>>(&answer.value)) rows = **page;
    if (auto* object = std::get_if<Result<storage::ObjectRecord>>(&answer.value)) record = **object;
  }
  storage::HistoryPage rows;
  storage::ObjectRecord record;
};

class Stage {
 public:
  Stage() {
    app_.id = "app";
    app_.master_key = "master";
    RestOptions options{
        std::make_shared<apps::AppSnapshot>(std::vector<AppOptions>{app_}, Switches{}, 1),
        {},
        5120,
        {},
        {},
        false,
        {},
        false,
        0};
    api = std::make_unique<RestApi>(std::move(options), *storage,
                                    RestHosts{host, commands_, files_, outbound_}, random_);
    storage->submit(storage::kNoToken, storage::ConfigureApp{"app", {}});
  }
  /// The answer's body, or its status when that is not 200.
  std::string post(const std::string& what, const std::string& body, bool look = false,
                   const std::string& key = "master,master") {
    net::HttpCall call;
    call.method = "POST";
    call.path = "/1.1/kith/import/" + what;
    call.headers = {{"x-lc-id", "app"}, {"x-lc-key", key}};
    if (look) call.query = {{"look", "1"}};
    call.has_body = true;
    call.body_bytes = body.size();
    api->answer(++request_, call);
    api->body(request_, body);
    storage->flush();
    storage->drain(*api);
    const net::HttpReply& reply = host.replies.at(host.replies.size() - 1);
    return reply.status == 200 ? reply.body : std::to_string(reply.status);
  }
  storage::HistoryPage log(std::string_view conversation) {
    storage::ReadLog range;
    range.app_id = "app";
    range.conv_id = conversation;
    range.forward = true;
    storage->submit(1, range);
    return found().rows;
  }
  storage::ObjectRecord object(std::string_view class_name, std::string_view id, bool master) {
    storage::GetObject request;
    request.app_id = "app";
    request.class_name = class_name;
    request.id = id;
    request.master = master;
    storage->submit(1, request);
    return found().record;
  }

  Host host;
  std::unique_ptr<storage::Storage> storage{storage::makeMemoryStorage([] {})};
  std::unique_ptr<RestApi> api;

 private:
  Found found() {
    Found found;
    storage->flush();
    storage->drain(found);
    return found;
  }

  AppOptions app_;
  testing::NoCommands commands_;
  testing::NoFiles files_;
  testing::NoOutbound outbound_;
  base::SeededRandom random_{1};
  net::RequestId request_{0};
};

std::string answer(const std::string& counts, const std::string& faults = {}) {
  std::string text = "{";
  for (const char* name : {"added", "changed", "present", "kept", "late", "orphans", "refused"}) {
    const std::string begin = std::string(name) + ' ';
    const std::size_t at = counts.find(begin);
    const std::string count = at == std::string::npos ? "0" : counts.substr(at + begin.size(), 1);
    text += '"' + std::string(name) + "\":" + count + ',';
  }
  return text + "\"faults\":[" + faults + "]}";
}

const std::string kTimes =
    R"("createdAt":"2026-02-01T00:00:00.000Z","updatedAt":"2026-02-02T00:00:00.000Z")";

std::string conversation(const std::string& id, const std::string& more) {
  return R"({"objectId":")" + id + R"(",)" + more + (more.empty() ? "" : ",") + kTimes + "}\n";
}

std::string message(const std::string& id, const std::string& more) {
  return R"({"timestamp":1770000000000,"conv-id":"g1","from":"alice","msg-id":")" + id + R"(",)" +
         more + "}\n";
}

}  // namespace

TEST_CASE("import_api: a conversation keeps its id, times, fields and members") {
  Stage stage;
  CHECK(
      stage.post("classes/_Conversation",
                 conversation("g1", R"("name":"x","c":"alice","m":["alice","bob","bob"],"mu":[],)"
                                    R"("lm":{"__type":"Date","iso":"2026-02-01T00:00:00.000Z"},)"
                                    R"("attr":{"a":1.50},"ACL":{"*":{"write":true}},"sys":false)"),
                 false) == answer("added 1"));
  const storage::ObjectRecord found = stage.object("_Conversation", "g1", false);
  REQUIRE(found != nullptr);
  CHECK(found->json ==
        R"({"name":"x","mu":[],"attr":{"a":1.50},"sys":false,"c":"alice","m":["alice","bob"]})");
  CHECK(found->created == 1769904000000);
  CHECK(found->updated == 1769990400000);
  CHECK(found->acl == R"({"*":{"read":true}})");
  CHECK(stage.host.changed == std::vector<std::string>{"app g1"});
}

TEST_CASE("import_api: messages come with what they are") {
  Stage stage;
  stage.post("classes/_Conversation", conversation("g1", R"("m":["alice","bob"])"));
  CHECK(stage.post("messages", message("m1", R"("data":"half \ud83d","bin":false)") +
                                   message("m2", R"("data":"AAEC","bin":true,"to":["g1"])") +
                                   message("m3", R"("data":"{\"_lctype\":-127}")")) ==
        answer("added 3"));
  const auto rows = stage.log("g1").messages;
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].id == "m1");
  CHECK(rows[0].text == "half \xEF\xBF\xBD");
  CHECK(rows[0].timestamp == 1770000000000);
  CHECK(rows[0].from == "alice");
  CHECK(rows[0].extra.empty());
  CHECK(storage::MessageExtra::unpack(rows[1].extra).binary);
  CHECK(storage::MessageExtra::unpack(rows[2].extra).recalled);
  CHECK(stage.post("messages", message("m1", R"("data":"half \ud83d")"), true) ==
        answer("present 1"));
  CHECK(stage.post("messages", message("m4", R"("data":"new")"), true) == answer("added 1"));
  CHECK(stage.log("g1").messages.size() == 3);
}

TEST_CASE("import_api: what two said in v1 makes their pair, and a unique conversation is theirs") {
  Stage stage;
  const std::string_view both[] = {"alice", "bob"};
  const std::string pair = sign::conversationId(both);
  const auto said = [&](const std::string& id, const std::string& from, const std::string& to) {
    return R"({"timestamp":1770000000000,"conv-id":")" + pair + R"(","from":")" + from +
           R"(","msg-id":")" + id + R"(","data":"x","to":[")" + to + "\"]}\n";
  };
  CHECK(stage.post("messages", said("m1", "alice", "bob") + said("m2", "bob", "alice") +
                                   said("m3", "carol", "alice")) == answer("added 3"));
  CHECK(
      stage.post("classes/_Conversation",
                 conversation("5a1", R"("unique":true,"uniqueId":"theirs","m":["bob","alice"])")) ==
      answer("added 1"));
  CHECK(stage.log("5a1").messages.size() == 3);
  CHECK(stage.object("_Conversation", "5a1", false)->json.find("\"uniqueId\":\"" + pair + '"') !=
        std::string::npos);
  const std::string other = said("m1", "carol", "dave");
  CHECK(stage.post("messages", std::string(other).replace(other.find(pair), 32, 32, 'f')) ==
        answer("orphans 1"));
}

TEST_CASE("import_api: a line that is no good is named, and the rest is taken") {
  Stage stage;
  stage.post("classes/_Conversation", conversation("g1", R"("m":["alice"])"));
  const std::string far = std::to_string(base::systemNow().wall.count() + 3 * kImportAheadMs);
  const std::string body = "no json\n\n" + message("m1", R"("data":"x")") + "{}\n" +
                           R"({"timestamp":)" + far +
                           R"(,"conv-id":"g1","from":"a","msg-id":"m","data":"x"})" + "\n" +
                           message("m2", R"("data":1)") + "[]";
  const std::string got = stage.post("messages", body);
  CHECK(
      got.find(R"("added":1,"changed":0,"present":0,"kept":0,"late":0,"orphans":0,"refused":5)") !=
      std::string::npos);
  CHECK(got.find(R"({"line":1,"why":"it )") != std::string::npos);
  CHECK(got.find(R"({"line":4,"why":"msg-id: )") != std::string::npos);
  CHECK(got.find(R"({"line":5,"why":"timestamp is in the future"})") != std::string::npos);
  CHECK(got.find(R"({"line":6,"why":"data is no text"})") != std::string::npos);
  CHECK(got.find(R"({"line":7,)") != std::string::npos);
  const std::string bad = stage.post(
      "classes/_Conversation", conversation("no id!", "") + conversation("g2", R"("m":[""])") +
                                   R"({"objectId":"g3"})" + "\n" + conversation("g4", ""));
  CHECK(bad.find("\"added\":1,") != std::string::npos);
  CHECK(bad.find(R"({"line":1,"why":"objectId is no id of an object"})") != std::string::npos);
  CHECK(bad.find(R"({"line":2,"why":"m: )") != std::string::npos);
  CHECK(bad.find(R"({"line":3,"why":"createdAt is no time"})") != std::string::npos);
  const std::string most(kImportTextBytes, 'x');
  CHECK(stage.post("messages", message("m3", "\"data\":\"" + most + "\"")) == answer("added 1"));
  CHECK(stage.post("messages", message("m4", "\"data\":\"" + most + "y\"")) ==
        answer("refused 1", R"({"line":1,"why":"data has more than 65536 bytes"})"));
}

TEST_CASE("import_api: more refused lines than are named are counted") {
  Stage stage;
  std::string many;
  for (int line = 0; line < 150; ++line) many += "{}\n";
  const std::string got = stage.post("messages", many);
  CHECK(got.find("\"refused\":150,") != std::string::npos);
  CHECK(got.find("{\"line\":100,") != std::string::npos);
  CHECK(got.find("{\"line\":101,") == std::string::npos);
}

TEST_CASE("import_api: objects keep their ACL, and users are for the master key alone") {
  Stage stage;
  const std::string open = R"("ACL":{"*":{"read":true}},"title":"x")";
  CHECK(stage.post("classes/Note", conversation("n1", open) + conversation("n2", "")) ==
        answer("added 2"));
  CHECK(stage.object("Note", "n1", false) != nullptr);
  CHECK(stage.object("Note", "n2", false) == nullptr);
  CHECK(stage.object("Note", "n2", true) != nullptr);
  CHECK(stage.post("classes/_User", conversation("u1", open)) == answer("added 1"));
  CHECK(stage.object("_User", "u1", false) == nullptr);
  CHECK(stage.object("_User", "u1", true)->json == R"({"title":"x"})");
  CHECK(stage.post("classes/9", conversation("n1", "")) == "400");
}

TEST_CASE("import_api: managers, silenced and barred peers come, each from its list") {
  Stage stage;
  stage.post("classes/_Conversation", conversation("g1", R"("m":["alice","bob"])"));
  CHECK(stage.post("classes/_ConversationMemberInfo",
                   R"({"cid":"g1","clientId":"bob","role":"Manager"})"
                   "\n"
                   R"({"cid":"g1","clientId":"alice","role":"Member"})"
                   "\n"
                   R"({"cid":"g1","clientId":"bob","role":"King"})") ==
        answer("added 1present 1refused 1", R"({"line":3,"why":"role is none"})"));
  CHECK(stage.post("lists", R"({"conv-id":"g1","list":"permanent-silenceds","client_ids":["bob"]})"
                            "\n"
                            R"({"conv-id":"g1","list":"blacklists","client_ids":["eve","bob"]})"
                            "\n"
                            R"({"conv-id":"g1","list":"subscribers","subscribers":[]})"
                            "\n"
                            R"({"conv-id":"g1","list":"others"})"
                            "\n"
                            R"({"conv-id":"","list":"blacklists","client_ids":["eve"]})") ==
        answer("added 2orphans 1refused 2",
               R"({"line":4,"why":"list is none"},{"line":5,"why":"conv-id: is empty"})"));
  CHECK(stage.host.changed.size() == 4);
}

TEST_CASE("import_api: subscribers of a service conversation come from their list") {
  Stage stage;
  CHECK(stage.post("classes/_Conversation", conversation("s1", R"("sys":true)")) ==
        answer("added 1"));
  const std::string subscribers =
      R"({"conv-id":"s1","list":"subscribers","subscribers":[)"
      R"({"timestamp":1,"subscriber":"alice","conv_id":"s1"},{"subscriber":"bob"}]})";
  CHECK(stage.post("lists", subscribers) == answer("added 1"));
  CHECK(stage.post("lists", subscribers) == answer("present 1"));
  CHECK(stage.post("lists", R"({"conv-id":"s1","list":"subscribers","subscribers":[{}]})") ==
        answer("refused 1", R"({"line":1,"why":"subscriber: is empty"})"));
}

TEST_CASE("import_api: only the master key may, and what is too much is not taken") {
  Stage stage;
  CHECK(stage.post("messages", "{}", false, "other") == "403");
  std::string many;
  for (std::int64_t line = 0; line <= kImportLines; ++line) many += "{}\n";
  CHECK(stage.post("messages", many) == "413");
  CHECK(stage.post("messages", "") == answer(""));
  CHECK(stage.host.most == 1024u * 1024);
}
