// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite_reader.hpp"

#include <utility>

#include "server/storage/errors.hpp"

namespace kith::storage {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr const char* kPragmas =
    "PRAGMA busy_timeout=2000; PRAGMA query_only=1; PRAGMA cache_size=-8192; "
    "PRAGMA temp_store=MEMORY;";

}  // namespace

struct SqliteReader::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  Statement begin{db, "BEGIN"};
  Statement commit{db, "COMMIT"};
  Statement first_record{db, "SELECT COALESCE(MIN(number), 0) FROM unfolded"};
  Statement records_after{db, "SELECT number, record FROM unfolded WHERE number>? ORDER BY number"};
  Statement find_app{db, "SELECT row FROM apps WHERE name=?"};
  Statement find_peer{db, "SELECT row FROM peers WHERE app=? AND name=?"};
  Statement find_conversation{db, "SELECT row FROM conversations WHERE app=? AND name=?"};
};

SqliteReader::SqliteReader(Answers& answers) : answers_(answers) {}

SqliteReader::~SqliteReader() = default;

bool SqliteReader::prepare() {
  sql_ = std::make_unique<Statements>(database_);
  lists_ = std::make_unique<SqliteLists>(database_, unfolded_);
  return database_.run(kPragmas);
}

void SqliteReader::close() {
  lists_.reset();
  sql_.reset();
  database_.close();
}

void SqliteReader::execute(Token, const ConfigureApp& request) { apps_.emplace(request.app_id); }

// The commits since the last read. They are numbered without a repeat, so another first one says
// that the tables were brought up to date, and that what was known before is in them.
void SqliteReader::catchUp() {
  Statement& first = sql_->first_record.start();
  const std::int64_t number = first.step() ? first.numberAt(0) : 0;
  first.start();
  if (std::exchange(first_record_, number) != number) {
    unfolded_.clear();
    last_record_ = 0;
  }
  Statement& records = sql_->records_after.start().number(last_record_);
  while (records.step()) {
    last_record_ = records.numberAt(0);
    unfolded_.apply(records.blobAt(1));
  }
}

bool SqliteReader::end() {
  sql_->commit.start().run();
  if (!database_.failed()) return true;
  unfolded_.clear();
  first_record_ = last_record_ = 0;
  return false;
}

/// The number of a row; 0 = there is none.
std::int64_t SqliteReader::find(Statement& row, std::string_view name) {
  const std::int64_t found = row.start().text(name).step() ? row.numberAt(0) : 0;
  row.start();
  return found;
}

std::int64_t SqliteReader::find(Statement& row, std::int64_t app, std::string_view name) {
  const std::int64_t found = row.start().number(app).text(name).step() ? row.numberAt(0) : 0;
  row.start();
  return found;
}

void SqliteReader::readHistory(const ReadHistory& range, HistoryPage& page) {
  const std::int64_t app = find(sql_->find_app, range.app_id);
  if (app == 0) return;
  ListKind kind = ListKind::App;
  std::int64_t list = app;
  if (!range.conv_id.empty()) {
    kind = ListKind::Conversation;
    list = find(sql_->find_conversation, app, range.conv_id);
  } else if (!range.from.empty()) {
    kind = ListKind::Sender;
    list = find(sql_->find_peer, app, range.from);
  }
  if (list != 0) lists_->read(kind, list, app, range, page.messages);
}

void SqliteReader::execute(Token token, const ReadHistory& range) {
  if (!apps_.contains(range.app_id)) {
    return answer(range, token, unknownApp(range.app_id), answers_);
  }
  HistoryPage page;
  sql_->begin.start().run();
  catchUp();
  readHistory(range, page);
  if (end()) return answer(range, token, std::move(page), answers_);
  const Error error{Errc::ServerBusy, 0, "storage: cannot read: " + database_.failure(), false};
  database_.rollBack();
  answer(range, token, error, answers_);
}

}  // namespace kith::storage
