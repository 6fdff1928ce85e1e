// SPDX-License-Identifier: Apache-2.0
// docs/disk-format.md: its queries are carried out, and each table and column is on it.
#include <sqlite3.h>

#include <fstream>
#include <sstream>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

std::string readPage() {
  const std::ifstream file(KITH_SOURCE_DIR "/docs/disk-format.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What sqlite3 prints: a row a line, columns with | between them.
std::string ask(sqlite3* database, const std::string& sql) {
  std::string answer;
  const auto print = [](void* to, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i) {
      static_cast<std::string*>(to)->append(i > 0 ? "|" : "").append(values[i] ? values[i] : "");
    }
    static_cast<std::string*>(to)->push_back('\n');
    return 0;
  };
  char* problem = nullptr;
  CAPTURE(sql, problem);
  REQUIRE(sqlite3_exec(database, sql.c_str(), print, &answer, &problem) == SQLITE_OK);
  return answer;
}

/// The server that the page tells of.
void fill(Bench& bench) {
  bench.storage->submit(kNoToken, ConfigureApp{"shop", {}});
  constexpr std::int64_t kStart = 1412000000000;
  const std::string_view bob = "bob";
  Append message = Bench::make("m1", kStart, "hello");
  message.app_id = "shop";
  message.conv_id = "0123456789abcdef0123456789abcdef";
  message.from_online = true;
  message.receivers = {&kBobHere, 1};
  message.addressed = {&bob, 1};
  bench.append(message);
  message.id = "m2";
  message.timestamp = kStart + 5;
  message.text = "not for you";
  bench.append(message);
  message.id = "m3";
  message.timestamp = kStart + 7;
  message.text = "sea you";
  message.dedupe = "t1";
  bench.append(message);
  bench.finish();
  const Appended& first = bench.appended(1);
  const SeqRange row{first.conversation, first.seq, first.seq};
  bench.tell(Acknowledge{"shop", "bob", {&row, 1}});
  bench.tell(PeerOffline{"shop", "bob"});
  // Brings the tables up to date.
  bench.tell(Expire{0});
  bench.ask(EditMessage{"shop", message.conv_id, "m3", kStart + 7, "see you", kStart});
  bench.ask(DeleteMessage{"shop", message.conv_id, "m2", kStart + 5});
  const std::vector<PeerRef> members{{"carol", true}, {"bob", false}, {"dora", false}};
  const std::string_view group = "54753e1ee4b0b41b21e0e76e";
  bench.ask(CreateGroup{"shop", group, false, members, "carol", kStart + 8});
  bench.storage->submit(++bench.token,
                        CreateObject{"shop", "Note", "n1", R"({"title":"Milk"})", kStart});
  bench.storage->submit(
      ++bench.token,
      CreateObject{"shop", "Note", "n2",
                   R"({"title":"Tea","left":2,"ACL":{"carol":{"read":true}}})", kStart + 1});
  bench.storage->submit(++bench.token, UpdateObject{"shop",
                                                    "Note",
                                                    "n2",
                                                    R"({"left":{"__op":"Increment","amount":-1}})",
                                                    0,
                                                    {},
                                                    {},
                                                    true,
                                                    kStart + 2});
  message = Bench::make("m4", kStart + 9, "all here?");
  message.app_id = "shop";
  message.from = "carol";
  message.from_online = message.members_only = true;
  message.conv_id = group;
  message.kind = ConversationKind::Group;
  message.dedupe = "c1";
  bench.append(message);
  bench.finish();
}

}  // namespace

TEST_CASE("disk format: the queries of the page answer what it says, while the file is in use") {
  Bench bench(Kind::Sqlite);
  fill(bench);
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(bench.folder.file("kith.db").c_str(), &database) == SQLITE_OK);
  const std::string page = readPage();
  constexpr std::string_view kQuery = "```sql\n";
  constexpr std::string_view kEnd = "\n```\n```\n";
  int queries = 0;
  for (std::size_t at = 0; (at = page.find(kQuery, at)) != std::string::npos; ++queries) {
    at += kQuery.size();
    const std::size_t end = page.find(kEnd, at);
    REQUIRE(end != std::string::npos);
    const std::string sql = page.substr(at, end - at);
    const std::size_t answer = end + kEnd.size();
    CAPTURE(sql);
    CHECK(ask(database, sql) == page.substr(answer, page.find("```", answer) - answer));
  }
  CHECK(queries >= 9);
  sqlite3_close(database);
}

TEST_CASE("disk format: every table and every column is on the page") {
  Bench bench(Kind::Sqlite);
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(bench.folder.file("kith.db").c_str(), &database) == SQLITE_OK);
  const std::string page = readPage();
  std::istringstream tables(
      ask(database, "SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name"));
  int columns = 0;
  for (std::string table; std::getline(tables, table);) {
    const std::size_t row = page.find("\n| `" + table + "` |");
    CAPTURE(table);
    REQUIRE(row != std::string::npos);
    const std::string line = page.substr(row + 1, page.find('\n', row + 1) - row - 1);
    std::istringstream names(ask(database, "SELECT name FROM pragma_table_info('" + table + "')"));
    for (std::string name; std::getline(names, name); ++columns) {
      CAPTURE(name);
      CHECK(line.find('`' + name + '`') != std::string::npos);
    }
  }
  CHECK(columns > 40);
  sqlite3_close(database);
}

}  // namespace kith::storage
