// SPDX-License-Identifier: Apache-2.0
// Another service's data: ids and times stay, nothing of it is news, and a second time changes
// nothing.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

constexpr std::string_view kPair = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kObject = "5a0000000000000000000001";

struct ImportBench : Bench {
  using Bench::Bench;

  struct Said {
    std::string_view id;
    std::int64_t timestamp;
    std::string_view from{"alice"};
    std::string_view conv_id{"g"};
    std::string_view text{"text"};
  };
  Imported messages(const std::vector<Said>& said, bool look = false) {
    std::string rows;
    std::int64_t line = 0;
    for (const Said& each : said) {
      ImportedMessage row;
      row.line = ++line;
      row.conv_id = each.conv_id;
      row.id = each.id;
      row.from = {each.from, false};
      row.timestamp = each.timestamp;
      row.text = each.text;
      if (each.conv_id == kPair) row.others = {{each.from == "alice" ? "bob" : "alice", false}};
      row.pack(rows);
    }
    return bring(ask(ImportMessages{"app", rows, look}));
  }
  Imported conversation(std::string_view id, std::initializer_list<std::string_view> members,
                        std::int64_t updated = 10, std::string_view pair = {},
                        std::string_view fields = R"({"name":"x"})", bool look = false) {
    ImportedConversation row;
    row.line = 1;
    row.id = id;
    row.creator = "alice";
    row.created = 10;
    row.updated = updated;
    row.fields = fields;
    row.pair = pair;
    for (const std::string_view member : members) row.members.push_back({member, false});
    std::string rows;
    row.pack(rows);
    return bring(ask(ImportConversations{"app", rows, look}));
  }
  Imported standing(StandingKind kind, std::vector<std::string_view> peers,
                    std::string_view conv_id = "g", bool look = false) {
    ImportedStanding row;
    row.conv_id = conv_id;
    row.kind = kind;
    return standings(row, peers, look);
  }
  Imported service(std::string_view id, std::int64_t updated = 10) {
    ImportedConversation row;
    row.line = 1;
    row.id = id;
    row.service = true;
    row.created = 10;
    row.updated = updated;
    row.fields = "{}";
    std::string rows;
    row.pack(rows);
    return bring(ask(ImportConversations{"app", rows}));
  }
  Imported subscribers(std::string_view conv_id, const std::vector<std::string_view>& peers,
                       bool look = false) {
    ImportedStanding row;
    row.conv_id = conv_id;
    row.subscribers = true;
    return standings(row, peers, look);
  }
  Imported standings(ImportedStanding row, const std::vector<std::string_view>& peers, bool look) {
    row.line = 1;
    for (const std::string_view peer : peers) row.peers.push_back({peer, false});
    std::string rows;
    row.pack(rows);
    return bring(ask(ImportStandings{"app", rows, look}));
  }
  /// `peer kinds` of each.
  std::vector<std::string> standings(std::string_view id) {
    const Token asked = group(id);
    finish();
    std::vector<std::string> all;
    for (const Standing& each : (*results.groups.at(asked))->standings) {
      all.push_back(each.peer + ' ' + std::to_string(each.kinds));
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  /// `peer acked read` of each.
  std::vector<std::string> marks(std::string_view id) {
    const Token asked = ask(ReadMarks{"app", id});
    finish();
    std::vector<std::string> all;
    for (const MemberMark& each : results.member_marks.at(asked)->members) {
      all.push_back(each.peer + ' ' + std::to_string(each.acked) + ' ' + std::to_string(each.read));
    }
    return all;
  }
  Imported object(std::string_view id, std::int64_t updated, std::string_view fields,
                  std::string_view in = "Note", bool look = false) {
    std::string rows;
    ImportedObject{1, id, 10, updated, fields, "{}"}.pack(rows);
    return bring(ask(ImportObjects{"app", in, rows, look}));
  }
  Imported bring(Token asked) {
    finish();
    const Result<Imported>& result = results.imported.at(asked);
    REQUIRE(result.ok());
    return *result;
  }
  std::vector<std::string> logIds(std::string_view conversation) {
    ReadLog range;
    range.conv_id = conversation;
    range.forward = true;
    return ids(log(range));
  }
  std::vector<std::string> membersOf(std::string_view id) {
    const Token asked = group(id);
    finish();
    REQUIRE(results.groups.at(asked)->has_value());
    return (*results.groups.at(asked))->members;
  }
  std::string shown(std::string_view in, std::string_view id) {
    GetObject request;
    request.app_id = "app";
    request.class_name = in;
    request.id = id;
    request.master = true;
    const Token asked = ask(request);
    finish();
    const ObjectRecord& found = *results.object.at(asked);
    if (found == nullptr) return {};
    return found->json + ' ' + std::to_string(found->created) + ' ' +
           std::to_string(found->updated) + ' ' + std::to_string(found->version);
  }
};

std::string counts(const Imported& result) {
  std::string text;
  const auto add = [&](const char* name, std::int64_t count) {
    if (count == 0) return;
    if (!text.empty()) text += ' ';
    text += name + std::to_string(count);
  };
  add("added ", result.added);
  add("changed ", result.changed);
  add("present ", result.present);
  add("kept ", result.kept);
  add("late ", result.late);
  add("orphans ", result.orphans);
  add("faults ", static_cast<std::int64_t>(result.faults.size()));
  return text;
}

}  // namespace

TEST_CASE("import: messages keep id, time and order, and none of them waits or is unread") {
  ImportBench bench(anyKind());
  CHECK(counts(bench.conversation("g", {"alice", "bob"})) == "added 1");
  CHECK(counts(bench.messages({{"m1", 100}, {"m2", 100, "bob"}, {"m3", 300}})) == "added 3");
  ReadLog forward;
  forward.conv_id = "g";
  forward.forward = true;
  const std::vector<StoredMessage> rows = bench.log(forward);
  REQUIRE(Bench::ids(rows) == Ids{"m1", "m2", "m3"});
  CHECK(rows[1].timestamp == 100);
  CHECK(rows[1].from == "bob");
  CHECK(rows[2].timestamp == 300);
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.firstIds("bob").empty());
  CHECK(bench.unread("g", "bob") == 0);
  const Token listed = bench.ask(ListUnread{"app", "bob", 50, 100});
  bench.finish();
  CHECK(bench.results.unread_lists.at(listed)->conversations.empty());
  HistoryRange said_by;
  said_by.from = "alice";
  CHECK(bench.historyIds(said_by) == Ids{"m3", "m1"});
  // What is said from now on does both.
  bench.appendTo("g", "m4", 400);
  CHECK(bench.pendingIds("bob") == Ids{"m4"});
  CHECK(bench.unread("g", "bob") == 1);
}

TEST_CASE("import: members have read all that was imported, and nothing behind it") {
  ImportBench bench(anyKind());
  bench.conversation("g", {"alice", "bob"});
  bench.messages({{"m1", 100}, {"m2", 200}});
  CHECK(bench.marks("g") == Ids{"alice 200 200", "bob 200 200"});
  const Token live = bench.appendTo("g", "live", 300);
  CHECK(bench.marks("g").back() == "bob 200 200");
  bench.acknowledge("bob", {live});
  CHECK(bench.marks("g").back() == "bob 300 200");
}

TEST_CASE("import: peers are what they were until the conversation is used here") {
  ImportBench bench(anyKind());
  bench.conversation("g", {"alice", "bob"});
  bench.messages({{"m1", 100}});
  CHECK(counts(bench.standing(StandingKind::Manager, {"bob"}, "g", true)) == "added 1");
  CHECK(bench.standings("g").empty());
  const Imported first = bench.standing(StandingKind::Manager, {"bob"});
  CHECK(counts(first) == "added 1");
  CHECK(first.members_changed == Ids{"g"});
  CHECK(counts(bench.standing(StandingKind::Silenced, {"bob", "dave"})) == "added 1");
  CHECK(counts(bench.standing(StandingKind::Silenced, {"dave"})) == "present 1");
  CHECK(counts(bench.standing(StandingKind::Blocked, {})) == "present 1");
  CHECK(counts(bench.standing(StandingKind::Blocked, {"eve"}, "nowhere")) == "orphans 1");
  CHECK(bench.standings("g") == Ids{"bob 3", "dave 2"});
  bench.appendTo("g", "live", 200);
  CHECK(counts(bench.standing(StandingKind::Blocked, {"eve"})) == "kept 1");
  CHECK(bench.standings("g") == Ids{"bob 3", "dave 2"});
}

TEST_CASE("import: subscribers come, and stay, until the service conversation is used here") {
  ImportBench bench(anyKind());
  bench.service("news");
  bench.conversation("g", {"alice"});
  CHECK(counts(bench.subscribers("news", {"bob", "carol"}, true)) == "added 1");
  CHECK(bench.membersOf("news").empty());
  const Imported first = bench.subscribers("news", {"bob", "carol"});
  CHECK(counts(first) == "added 1");
  CHECK(first.members_changed == Ids{"news"});
  CHECK(bench.membersOf("news") == Ids{"bob", "carol"});
  CHECK(counts(bench.subscribers("news", {"carol", "bob"})) == "present 1");
  CHECK(counts(bench.subscribers("news", {"carol", "dave"})) == "added 1");
  // Its object does not name them.
  CHECK(counts(bench.service("news", 20)) == "changed 1");
  CHECK(bench.membersOf("news") == Ids{"bob", "carol", "dave"});
  CHECK(counts(bench.subscribers("g", {"bob"})) == "orphans 1");
  CHECK(counts(bench.subscribers("nowhere", {"bob"})) == "orphans 1");
  CHECK(bench.membersOf("g") == Ids{"alice"});
  bench.appendTo("news", "live", 200, "desk");
  bench.finish();
  CHECK(bench.pendingIds("dave") == Ids{"live"});
  CHECK(counts(bench.subscribers("news", {"eve"})) == "kept 1");
  CHECK(bench.membersOf("news") == Ids{"bob", "carol", "dave"});
}

TEST_CASE("import: a second time changes nothing, and one that was cut goes on") {
  ImportBench bench(anyKind());
  bench.conversation("g", {"alice", "bob"});
  bench.messages({{"m1", 100}, {"m2", 200}});
  CHECK(counts(bench.conversation("g", {"alice", "bob"})) == "present 1");
  CHECK(counts(bench.messages({{"m1", 100}, {"m2", 200}, {"m2b", 200}, {"m3", 300}})) ==
        "added 2 present 2");
  CHECK(counts(bench.messages({{"m1", 100}, {"m2", 200}, {"m2b", 200}, {"m3", 300}})) ==
        "present 4");
  CHECK(bench.logIds("g") == Ids{"m1", "m2", "m2b", "m3"});
  CHECK(bench.membersOf("g") == Ids{"alice", "bob"});
}

TEST_CASE("import: to look says what would become of the rows, and does nothing") {
  ImportBench bench(anyKind());
  CHECK(counts(bench.conversation("g", {"alice"}, 10, {}, "{}", true)) == "added 1");
  CHECK(counts(bench.conversation("g", {"alice"})) == "added 1");
  bench.messages({{"m1", 100}});
  CHECK(counts(bench.messages({{"m0", 50}, {"m1", 100}, {"m2", 200}}, true)) ==
        "added 1 present 1 late 1");
  CHECK(bench.logIds("g") == Ids{"m1"});
  CHECK(counts(bench.object("n", 20, "{}", "Note", true)) == "added 1");
  CHECK(bench.shown("Note", "n").empty());
}

TEST_CASE(
    "import: a message gets the text that it has elsewhere by now, unless it was edited here") {
  ImportBench bench(anyKind());
  bench.conversation("g", {"alice", "bob"});
  bench.messages({{"m1", 100}, {"m2", 200}, {"m3", 300}});
  EditMessage edit;
  edit.app_id = "app";
  edit.conv_id = "g";
  edit.id = "m2";
  edit.timestamp = 200;
  edit.text = "ours";
  edit.edited_at = 1000;
  bench.ask(edit);
  bench.ask(DeleteMessage{"app", "g", "m3", 300});
  const auto theirs = [&](bool look) {
    return counts(bench.messages({{"m1", 100, "alice", "g", "theirs"},
                                  {"m2", 200, "alice", "g", "theirs"},
                                  {"m3", 300, "alice", "g", "theirs"}},
                                 look));
  };
  CHECK(theirs(true) == "changed 1 kept 2");
  CHECK(theirs(false) == "changed 1 kept 2");
  CHECK(theirs(false) == "present 1 kept 2");
  ReadLog range;
  range.conv_id = "g";
  range.forward = true;
  const std::vector<StoredMessage> rows = bench.log(range);
  REQUIRE(Bench::ids(rows) == Ids{"m1", "m2"});
  CHECK(rows[0].text == "theirs");
  CHECK(rows[0].edited_at == 0);
  CHECK(rows[1].text == "ours");
}

TEST_CASE("import: what is older than the newest row of its conversation is told as too late") {
  ImportBench bench(anyKind());
  bench.conversation("g", {"alice", "bob"});
  bench.messages({{"m2", 200}});
  CHECK(counts(bench.messages({{"m1", 100}, {"other", 300, "alice", "nowhere"}, {"m3", 300}})) ==
        "added 1 late 1 orphans 1");
  CHECK(bench.logIds("g") == Ids{"m2", "m3"});
}

TEST_CASE("import: behind a message that was said here nothing of that is taken away") {
  ImportBench bench(anyKind());
  bench.conversation("g", {"alice", "bob", "carol"});
  bench.messages({{"m1", 100}});
  const Token live = bench.appendTo("g", "live", 200);
  bench.finish();
  bench.tell(MarkRead{"app", "g", "carol", 0, 200});
  bench.acknowledge("carol", {live});
  CHECK(counts(bench.messages({{"m1", 100}, {"m3", 300}, {"m4", 400}})) == "added 2 present 1");
  CHECK(bench.pendingIds("bob") == Ids{"live"});
  CHECK(bench.pendingIds("carol").empty());
  CHECK(bench.unread("g", "carol") == 0);
  bench.acknowledge("bob", {live});
  CHECK(bench.pendingIds("bob").empty());
  bench.appendTo("g", "m5", 500);
  CHECK(bench.pendingIds("bob") == Ids{"m5"});
  CHECK(bench.pendingIds("carol") == Ids{"m5"});
}

TEST_CASE("import: members follow the other service until something is said here") {
  ImportBench bench(anyKind());
  bench.conversation("g", {"alice", "bob"});
  bench.messages({{"m1", 100}});
  CHECK(counts(bench.conversation("g", {"alice", "carol"}, 20)) == "changed 1");
  CHECK(bench.membersOf("g") == Ids{"alice", "carol"});
  CHECK(counts(bench.messages({{"m1", 100}, {"m2", 150}})) == "added 1 present 1");
  CHECK(bench.pendingIds("carol").empty());
  CHECK(bench.unread("g", "carol") == 0);
  bench.appendTo("g", "live", 200);
  CHECK(counts(bench.conversation("g", {"dave"}, 30)) == "changed 1");
  CHECK(bench.membersOf("g") == Ids{"alice", "carol"});
  CHECK(bench.pendingIds("carol") == Ids{"live"});
}

TEST_CASE("import: a pair of v1 and the unique conversation of the two are one, under both ids") {
  ImportBench bench(anyKind());
  const int order = GENERATE(0, 1, 2);
  if (order == 0) bench.messages({{"v1", 100, "alice", kPair}, {"v2", 110, "bob", kPair}});
  if (order == 1) {
    Append message = Bench::make("v1", 100);
    message.conv_id = kPair;
    message.receivers = {&kBobAway, 1};
    bench.append(message);
    bench.acknowledge("bob", {bench.token});
    message.id = "v2";
    message.timestamp = 110;
    bench.acknowledge("bob", {bench.append(message)});
  }
  CHECK(counts(bench.conversation(kObject, {"alice", "bob"}, 10, kPair)) == "added 1");
  if (order == 2) bench.messages({{"v1", 100, "alice", kPair}, {"v2", 110, "bob", kPair}});
  CHECK(counts(bench.messages({{"m3", 120, "bob", kObject}})) == "added 1");
  CHECK(bench.logIds(kObject) == Ids{"v1", "v2", "m3"});
  CHECK(bench.logIds(kPair) == Ids{"v1", "v2", "m3"});
  CHECK(bench.pendingIds("alice").empty());
  CHECK(bench.pendingIds("bob").empty());
  CHECK(counts(bench.conversation(kObject, {"alice", "bob"}, 10, kPair)) == "present 1");
  CHECK(
      bench.shown("_Conversation", kObject) ==
      R"({"name":"x","c":"alice","unique":true,"uniqueId":")" + std::string(kPair) +
          R"(","m":["alice","bob"],"lm":{"__type":"Date","iso":"1970-01-01T00:00:00.120Z"}} 10 10 1)");
  // Both ways lead there from now on, and what is said waits.
  Append message = Bench::make("m4", 130);
  message.conv_id = kPair;
  message.receivers = {&kBobAway, 1};
  const Token asked = bench.append(message);
  bench.finish();
  CHECK(bench.appended(asked).listed == kObject);
  CHECK(bench.pendingIds("bob") == Ids{"m4"});
  CHECK(bench.logIds(kObject) == Ids{"v1", "v2", "m3", "m4"});
}

TEST_CASE("import: a second unique conversation of the same members is a group of its own") {
  ImportBench bench(anyKind());
  bench.conversation(kObject, {"alice", "bob"}, 10, kPair);
  CHECK(counts(bench.conversation("5a0000000000000000000002", {"alice", "bob"}, 10, kPair)) ==
        "added 1");
  bench.messages({{"m1", 100, "alice", kPair}});
  CHECK(bench.logIds(kObject) == Ids{"m1"});
  CHECK(bench.membersOf("5a0000000000000000000002") == Ids{"alice", "bob"});
  CHECK(counts(bench.conversation(kPair, {"alice"})) == "faults 1");
}

TEST_CASE("import: what v1 said of a pair is not unread when the pair gets into lists") {
  ImportBench bench(anyKind());
  bench.messages({{"v1", 100, "alice", kPair}, {"v2", 110, "alice", kPair}});
  CHECK(bench.pendingIds("bob").empty());
  Append message = Bench::make("m3", 120);
  message.conv_id = kPair;
  message.receivers = {&kBobAway, 1};
  message.listed = true;
  bench.append(message);
  CHECK(bench.pendingIds("bob") == Ids{"m3"});
  CHECK(bench.unread(kPair, "bob") == 1);
}

TEST_CASE("import: an object becomes what a newer row says, unless it was changed here") {
  ImportBench bench(anyKind());
  CHECK(counts(bench.object("n", 20, R"({"title":"a"})")) == "added 1");
  CHECK(bench.shown("Note", "n") == R"({"title":"a"} 10 20 1)");
  CHECK(counts(bench.object("n", 20, R"({"title":"a"})")) == "present 1");
  CHECK(counts(bench.object("n", 30, R"({"title":"b"})")) == "changed 1");
  CHECK(bench.shown("Note", "n") == R"({"title":"b"} 10 30 1)");
  UpdateObject update;
  update.app_id = "app";
  update.class_name = "Note";
  update.id = "n";
  update.body = R"({"title":"ours"})";
  update.master = true;
  update.now_ms = 35;
  bench.ask(update);
  CHECK(counts(bench.object("n", 40, R"({"title":"c"})")) == "kept 1");
  CHECK(bench.shown("Note", "n") == R"({"title":"ours"} 10 35 2)");
  CHECK(counts(bench.object("no id!", 40, "{}")) == "faults 1");
}

TEST_CASE("import: a class that cannot be one is refused, and so is that of conversations") {
  ImportBench bench(anyKind());
  for (const std::string_view name : {"9lives", "_Conversation", "AVOSRealtimeGroups"}) {
    const Token asked = bench.ask(ImportObjects{"app", name, {}, false});
    bench.finish();
    CHECK_FALSE(bench.results.imported.at(asked).ok());
  }
  const Token strange = bench.ask(ImportMessages{"other", {}, false});
  bench.finish();
  CHECK_FALSE(bench.results.imported.at(strange).ok());
}

TEST_CASE("import: history stays history after a restart") {
  ImportBench bench(Kind::Sqlite);
  bench.conversation("g", {"alice", "bob"});
  bench.messages({{"m1", 100}, {"m2", 200}});
  bench.storage->close();
  bench.storage.reset();
  bench.open();
  bench.tell(ConfigureApp{"app", {}});
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.unread("g", "bob") == 0);
  CHECK(counts(bench.messages({{"m2", 200}, {"m3", 300}})) == "added 1 present 1");
  CHECK(bench.unread("g", "bob") == 0);
  bench.appendTo("g", "live", 400);
  CHECK(bench.pendingIds("bob") == Ids{"live"});
}

}  // namespace kith::storage
