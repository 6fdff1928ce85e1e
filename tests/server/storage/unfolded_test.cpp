// SPDX-License-Identifier: Apache-2.0
// What commits did and the tables do not have yet, and its way over a crash.
#include "server/storage/unfolded.hpp"

#include "server/storage/absences.hpp"
#include "support/catch.hpp"

namespace kith::storage {
namespace {

constexpr std::int64_t kApp = 1;
constexpr std::int64_t kAlice = 2;
constexpr std::int64_t kBob = 3;
constexpr std::int64_t kCarol = 4;
constexpr std::int64_t kTalk = 9;
constexpr std::int64_t kOther = 10;

Unfolded::Accepted message(Position position, std::int64_t timestamp, Seq seq, bool linked = true) {
  return {position, timestamp, seq, {{kApp, kAlice, kTalk}}, {{linked, linked, true}}};
}

}  // namespace

TEST_CASE("unfolded: of the changes of a cursor the last one counts, in each conversation") {
  Unfolded unfolded;
  unfolded.setCursor(kBob, {kTalk, false, 4, {}, false});
  unfolded.setCursor(kBob, {kOther, true, 0, {}, false});
  unfolded.setCursor(kBob, {kTalk, false, 5, "x", false});
  CHECK(unfolded.cursorOf(kBob, kTalk)->acked == 5);
  CHECK(unfolded.cursorOf(kBob, kTalk)->beyond == "x");
  CHECK(unfolded.cursorOf(kBob, kOther)->caught_up);
  CHECK(unfolded.cursorOf(kCarol, kTalk) == nullptr);
  CHECK(unfolded.cursorOf(kBob, 77) == nullptr);
  const auto all = unfolded.cursorsOf(kBob);
  REQUIRE(all.size() == 2);
  CHECK(all[0]->conversation == kTalk);
  CHECK(all[0]->acked == 5);
  CHECK(all[1]->conversation == kOther);
}

TEST_CASE("unfolded: the records of several commits make the same again") {
  Unfolded before;
  std::vector<std::string> records;
  const auto commit = [&] {
    records.push_back(before.record());
    before.startRecord();
  };
  std::string away;
  Absences::sinceEver().pack(away);
  before.accept(message(1'000'000, 1'412'000'000'000, 70));
  before.useToken("token");
  before.setCursor(kBob, {kTalk, false, 69, {}, false});
  before.setAbsences(kCarol, away);
  before.accept(message(1'000'001, 1'411'999'999'999, 71, false));
  before.useToken("other");
  commit();
  before.setCursor(kBob, {kTalk, true, 0, {}, false});  // a commit of nothing but this
  commit();
  before.accept(message(1'000'002, 1'412'000'000'001, 72));
  before.setCursor(kBob, {kTalk, false, 71, std::string("\0\x02", 2), false});
  commit();

  Unfolded after;
  for (const std::string& record : records) after.apply(record);
  CHECK_FALSE(after.recorded());
  CHECK(after.lastPosition() == 1'000'002);
  const Unfolded::CursorChange* bob = after.cursorOf(kBob, kTalk);
  REQUIRE(bob != nullptr);
  CHECK_FALSE(bob->caught_up);
  CHECK(bob->acked == 71);
  CHECK(bob->beyond == std::string("\0\x02", 2));
  CHECK(bob->due);  // what the table says is not known after a crash
  CHECK(after.absences().at(kCarol) == away);
  for (const ListKind kind : {ListKind::App, ListKind::Sender}) {
    CHECK(after.newest()[kind] == before.newest()[kind]);
    CHECK(after.newest()[kind].size() == 1);
  }
  CHECK(after.logs().at(kTalk).newest == 1'000'002);
  CHECK(after.logs().at(kTalk).last == 72);
  CHECK(after.logs().at(kTalk).time == 1'412'000'000'001);
  REQUIRE(after.tokens().size() == 2);
  const auto stray = after.tokens().find(Unfolded::TokenView(kAlice, "other"));
  REQUIRE(stray != after.tokens().end());
  CHECK(stray->second.position == 1'000'001);
  CHECK(stray->second.timestamp == 1'411'999'999'999);
}

}  // namespace kith::storage
