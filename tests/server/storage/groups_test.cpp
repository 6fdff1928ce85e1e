// SPDX-License-Identifier: Apache-2.0
// The members of a group, and what of it waits for which. One suite for both storages.
#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

class Groups : public Bench {
 public:
  using Bench::Bench;

  Ids membersOf(std::string_view group) {
    const Token asked = Bench::group(group);
    finish();
    return (*results.groups.at(asked))->members;
  }
  Refusal refusalOf(Token asked) {
    finish();
    return changed(asked).refusal;
  }
  Refusal refusalOfAppend(std::string_view from, bool members_only) {
    Append message = make("refused?", 100);
    message.conv_id = "g";
    message.kind = ConversationKind::Group;
    message.from = from;
    message.members_only = members_only;
    const Token asked = append(message);
    finish();
    return appended(asked).refusal;
  }
  Token addFor(std::string_view by, const PeerRef& peer, std::size_t most = 0) {
    return ask(AddMembers{"app", "g", {&peer, 1}, by, true, most, 1});
  }
};

}  // namespace

TEST_CASE("groups: members keep the order in which they came") {
  Groups bench(anyKind());
  const Token made = bench.create("g", true, {"b", "a", "b"});
  const Token added = bench.add("g", {"d", "a", "c", "d"});
  const Token before = bench.group("g");
  bench.finish();
  const Token removed = bench.remove("g", {"b", "nobody", "b"});
  const Token again = bench.add("g", {"b"});
  CHECK(bench.membersOf("g") == Ids{"a", "d", "c", "b"});
  REQUIRE(bench.results.groups.at(before)->has_value());
  CHECK((*bench.results.groups.at(before))->open);
  CHECK((*bench.results.groups.at(before))->id == "g");
  CHECK((*bench.results.groups.at(before))->members == Ids{"b", "a", "d", "c"});
  CHECK(bench.changed(made).changed == Ids{"b", "a"});
  CHECK(bench.changed(added).changed == Ids{"d", "c"});
  CHECK(bench.changed(removed).changed == Ids{"b"});
  CHECK(bench.changed(again).changed == Ids{"b"});
  for (const auto& [token, result] : bench.results.members) {
    REQUIRE(result.ok());
    CHECK(result->refusal == Refusal::None);
  }
}

TEST_CASE("groups: each change is a row of the log, and what changes nothing is none") {
  Groups bench(anyKind());
  const Token made = bench.create("g", false, {"a", "b"});
  const Token nothing = bench.add("g", {"b"}, 5);
  const Token added = bench.add("g", {"c"}, 10);
  const Token message = bench.appendTo("g", "m1", 20);
  const Token removed = bench.remove("g", {"a", "x"}, 15);
  const Token noted = bench.ask(NoteUpdate{"app", "g", "b", "another name", 30});
  const Token nobody = bench.remove("g", {"x"}, 40);
  bench.create("empty", false, {});
  const Token empty = bench.token;
  const Token first = bench.add("empty", {"a"}, 50);
  bench.finish();
  CHECK(bench.changed(made).seq == 1);
  CHECK(bench.changed(nothing).seq == 0);
  CHECK(bench.changed(nothing).changed.empty());
  CHECK(bench.changed(added).seq == 2);
  CHECK(bench.appended(message).seq == 3);
  CHECK(bench.changed(removed).seq == 4);
  CHECK(bench.changed(removed).timestamp == 20);  // no row is before the one before it
  CHECK(bench.changed(noted).seq == 5);
  CHECK(bench.changed(noted).timestamp == 30);
  CHECK(bench.changed(nobody).seq == 0);
  CHECK(bench.changed(empty).seq == 0);
  CHECK(bench.changed(first).seq == 1);

  ReadLog all;
  all.conv_id = "g";
  all.forward = all.with_changes = true;
  const auto rows = bench.log(all);
  REQUIRE(rows.size() == 5);
  const auto check = [&](std::size_t i, RowKind row, std::string_view from, const Ids& whom) {
    CAPTURE(i);
    CHECK(rows[i].row == row);
    CHECK(rows[i].kind == ConversationKind::Group);
    CHECK(rows[i].from == from);
    CHECK(rows[i].addressed == whom);
    CHECK(rows[i].conv_id == "g");
    CHECK(rows[i].seq == static_cast<Seq>(i) + 1);
    CHECK(rows[i].conversation == bench.appended(message).conversation);
    if (i > 0) CHECK(rows[i].position > rows[i - 1].position);
  };
  check(0, RowKind::Joined, "alice", {"a", "b"});
  check(1, RowKind::Joined, "alice", {"c"});
  check(2, RowKind::Message, "alice", {});
  check(3, RowKind::Left, "alice", {"a"});
  check(4, RowKind::Updated, "b", {});
  CHECK(rows[4].text == "another name");
  CHECK(rows[0].text.empty());
  CHECK(rows[0].id.empty());
  // They are of the log only.
  CHECK(bench.historyIds({}) == Ids{"m1"});
  HistoryRange range;
  range.conv_id = "g";
  CHECK(bench.historyIds(range) == Ids{"m1"});
  CHECK(bench.pendingIds("b") == Ids{"m1"});
}

TEST_CASE("groups: one that is not there refuses, one that is there already is said so") {
  Groups bench(anyKind());
  bench.create("g", false, {});
  const Token twice = bench.create("g", false, {"x"});
  const Token add = bench.add("h", {"a"});
  const Token remove = bench.remove("h", {"a"});
  const Token note = bench.ask(NoteUpdate{"app", "h", "a", "text", 1});
  const Token append = bench.appendTo("h", "m1", 1);
  const Token load = bench.group("h");
  const Token empty = bench.group("g");
  bench.finish();
  CHECK(bench.results.members.at(twice).error().code == Errc::Rejected);
  CHECK(bench.refusalOf(add) == Refusal::NoGroup);
  CHECK(bench.refusalOf(remove) == Refusal::NoGroup);
  CHECK(bench.refusalOf(note) == Refusal::NoGroup);
  CHECK(bench.appended(append).refusal == Refusal::NoGroup);
  CHECK(*bench.results.groups.at(load) == std::nullopt);
  CHECK((*bench.results.groups.at(empty))->members.empty());
  CHECK(bench.historyIds({}).empty());
}

TEST_CASE("groups: what is for members only is refused to others, and changes nothing") {
  Groups bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  CHECK(bench.refusalOfAppend("zoe", true) == Refusal::NotMember);
  CHECK(bench.refusalOfAppend("zoe", false) == Refusal::None);
  CHECK(bench.refusalOfAppend("bob", true) == Refusal::None);
  CHECK(bench.refusalOf(bench.addFor("zoe", {"zoe", true})) == Refusal::NotMember);
  const std::vector<std::string_view> bob{"bob"};
  const Token kick = bench.ask(RemoveMembers{"app", "g", bob, "zoe", true, 1});
  CHECK(bench.refusalOf(kick) == Refusal::NotMember);
  CHECK(bench.membersOf("g") == Ids{"alice", "bob"});
  // Whose membership ended is no member.
  bench.remove("g", {"bob"});
  CHECK(bench.refusalOfAppend("bob", true) == Refusal::NotMember);
  CHECK(bench.refusalOf(bench.addFor("bob", {"bob", true})) == Refusal::NotMember);
  bench.add("g", {"bob"});
  CHECK(bench.refusalOfAppend("bob", true) == Refusal::None);
  const Token left = bench.remove("g", {"alice"});
  bench.finish();
  CHECK(bench.changed(left).seq == 7);  // refused requests have no row
}

TEST_CASE("groups: a refused message leaves its token to the next try") {
  Groups bench(anyKind());
  bench.create("g", false, {"alice"});
  Append message = Bench::make("m1", 100);
  message.conv_id = "g";
  message.kind = ConversationKind::Group;
  message.members_only = true;
  message.from = "bob";
  message.dedupe = "token";
  const Token refused = bench.append(message);
  bench.add("g", {"bob"});
  message.id = "m2";
  const Token accepted = bench.append(message);
  bench.remove("g", {"bob"});
  message.id = "m3";
  const Token repeat = bench.append(message);
  bench.finish();
  CHECK(bench.appended(refused).refusal == Refusal::NotMember);
  CHECK(bench.appended(accepted).refusal == Refusal::None);
  CHECK_FALSE(bench.appended(accepted).duplicate);
  // What was accepted is answered as before, whatever became of its sender.
  CHECK(bench.appended(repeat).duplicate);
  CHECK(bench.appended(repeat).id == "m2");
  CHECK(bench.historyIds({}) == Ids{"m2"});
}

TEST_CASE("groups: a group takes no more members than the request allows") {
  Groups bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  CHECK(bench.refusalOf(bench.addFor("alice", {"carol", false}, 2)) == Refusal::Full);
  CHECK(bench.refusalOf(bench.addFor("alice", {"bob", false}, 2)) == Refusal::None);
  CHECK(bench.refusalOf(bench.addFor("alice", {"carol", false}, 3)) == Refusal::None);
  const std::vector<PeerRef> both{{"dave", false}, {"dave", false}, {"carol", false}};
  const Token four = bench.ask(AddMembers{"app", "g", both, "alice", true, 4, 1});
  CHECK(bench.refusalOf(four) == Refusal::None);  // repeated ones and members do not count
  CHECK(bench.membersOf("g") == Ids{"alice", "bob", "carol", "dave"});
  bench.remove("g", {"bob", "carol"});
  CHECK(bench.refusalOf(bench.addFor("alice", {"erin", false}, 3)) == Refusal::None);
}

TEST_CASE("groups: a message waits for those who were members then, but not for its sender") {
  Groups bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  bench.appendTo("g", "m1", 100);
  bench.add("g", {"carol"});
  bench.appendTo("g", "m2", 100, "bob");
  bench.remove("g", {"bob"});
  bench.appendTo("g", "m3", 100);
  CHECK(bench.pendingIds("alice") == Ids{"m2"});
  CHECK(bench.pendingIds("bob") == Ids{"m1"});  // also after it left
  CHECK(bench.pendingIds("carol") == Ids{"m2", "m3"});
}

TEST_CASE("groups: what came between leaving and coming back never waits") {
  Groups bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  const Token first = bench.appendTo("g", "m1", 100);
  bench.appendTo("g", "m2", 100);
  SECTION("while messages wait from before") {}
  SECTION("and also when nothing waits from before") {
    bench.acknowledge("bob", {first, first + 1});
  }
  const bool nothing = bench.pendingIds("bob").empty();
  bench.remove("g", {"bob"});
  bench.appendTo("g", "between", 100);
  bench.add("g", {"bob"});
  bench.appendTo("g", "m3", 100);
  CHECK(bench.pendingIds("bob") == (nothing ? Ids{"m3"} : Ids{"m1", "m2", "m3"}));
  bench.acknowledge("bob", {first});
  CHECK(bench.pendingIds("bob") == (nothing ? Ids{"m3"} : Ids{"m2", "m3"}));
  // Once more.
  bench.remove("g", {"bob"});
  bench.appendTo("g", "between again", 100);
  bench.add("g", {"bob"});
  const Token last = bench.appendTo("g", "m4", 100);
  CHECK(bench.pendingIds("bob") == (nothing ? Ids{"m3", "m4"} : Ids{"m2", "m3", "m4"}));
  bench.acknowledge("bob", {last});
  CHECK(bench.pendingIds("bob") == (nothing ? Ids{"m3"} : Ids{"m2", "m3"}));
  // Counts as unread from the last time on.
  CHECK(bench.unread("g", "bob") == 1);
}

TEST_CASE("groups: what a member left behind goes when it is too old, and so does the member") {
  Groups bench(anyKind());
  bench.tell(ConfigureApp{"app", {50, 1000, 100}});
  bench.create("g", false, {"alice", "bob"});
  bench.appendTo("g", "m1", 100);
  bench.remove("g", {"bob"}, 150);
  bench.tell(Expire{1100});
  CHECK(bench.pendingIds("bob", 1100) == Ids{"m1"});
  bench.tell(Expire{1151});
  CHECK(bench.pendingIds("bob", 1000).empty());
  // It comes back as one that never was there.
  bench.add("g", {"bob"}, 1200);
  bench.appendTo("g", "m2", 1200);
  CHECK(bench.pendingIds("bob", 1200) == Ids{"m2"});
  CHECK(bench.membersOf("g") == Ids{"alice", "bob"});
}

TEST_CASE("groups: the log of an open group waits for nobody") {
  Groups bench(anyKind());
  bench.create("g", true, {"alice", "bob"});
  Append message = Bench::make("m1", 100);
  message.conv_id = "g";
  message.kind = ConversationKind::OpenGroup;
  bench.append(message);
  message.from = "stranger";
  message.id = "m2";
  bench.append(message);
  bench.remove("g", {"bob"});
  bench.add("g", {"bob"});
  message.id = "m3";
  bench.append(message);
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.firstPage("bob").left_out.empty());
  CHECK(bench.historyIds({}) == Ids{"m3", "m2", "m1"});
  CHECK(bench.unread("g", "bob") == 1);
  CHECK(bench.unread("g", "alice") == 2);
}

}  // namespace kith::storage
