// SPDX-License-Identifier: Apache-2.0
#include "server/storage/objects_sqlite.hpp"

#include <utility>

#include "server/storage/objects_rules.hpp"

namespace kith::storage {
namespace {

using objects::Object;
using objects::SearchPlan;
using sqlite::Database;
using sqlite::Statement;

#define KITH_OBJECTS "SELECT id, fields, acl, created, updated, version FROM objects "

/// A row of KITH_OBJECTS; lives until the next step.
objects::ObjectView viewOf(const Statement& row) {
  return {row.textAt(0),   row.textAt(1),   row.textAt(2),
          row.numberAt(3), row.numberAt(4), row.numberAt(5)};
}

void bindAcl(Statement& row, std::string_view acl) {
  if (acl.empty()) {
    row.null();
  } else {
    row.text(acl);
  }
}

}  // namespace

struct SqliteObjects::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  Statement find_class{db, "SELECT row FROM classes WHERE app=? AND name=?"};
  Statement count_classes{db, "SELECT COUNT(*) FROM classes WHERE app=?"};
  Statement insert_class{db, "INSERT INTO classes(app, name) VALUES(?, ?)"};
  Statement find{db, KITH_OBJECTS "WHERE class=? AND id=?"};
  Statement made_before{db,
                        "SELECT id FROM objects WHERE class=? AND created<? "
                        "ORDER BY created, id LIMIT ?"};
  Statement last_between{db,
                         "SELECT id FROM objects WHERE class=? AND id>=? AND id<? "
                         "ORDER BY id DESC LIMIT 1"};
  Statement insert{db,
                   "INSERT INTO objects(class, id, fields, acl, created, updated, version) "
                   "VALUES(?, ?, ?, ?, ?, ?, ?)"};
  Statement update{
      db, "UPDATE objects SET fields=?, acl=?, updated=?, version=? WHERE class=? AND id=?"};
  Statement remove{db, "DELETE FROM objects WHERE class=? AND id=?"};
  // Groups keep their members in rows; for one that is inside, something may always wait.
  Statement members{db,
                    "SELECT p.name FROM members m CROSS JOIN peers p ON p.row=m.peer "
                    "WHERE m.conv=? AND m.until=0 ORDER BY m.joined, m.place"};
  Statement is_member{db,
                      "SELECT 1 FROM members m CROSS JOIN peers p ON p.row=m.peer "
                      "WHERE p.app=?1 AND p.name=?2 AND m.conv=?3 AND m.until=0"};
  Statement conversation{db,
                         "SELECT row, kind FROM conversations WHERE app=? AND name=? AND kind<>4"};
  Statement groups_of{
      db,
      "SELECT g.name FROM peers p CROSS JOIN members m ON m.peer=p.row "
      "CROSS JOIN conversations g ON g.row=m.conv "
      "WHERE p.name=? AND p.app=? AND m.behind=1 AND m.until=0 AND g.kind IN (1, 2, 3, 5) "
      "LIMIT ?"};
  Statement created_up{
      db, KITH_OBJECTS "WHERE class=? AND created BETWEEN ? AND ? ORDER BY created, id"};
  Statement created_down{
      db, KITH_OBJECTS "WHERE class=? AND created BETWEEN ? AND ? ORDER BY created DESC, id DESC"};
  Statement updated_up{
      db, KITH_OBJECTS "WHERE class=? AND updated BETWEEN ? AND ? ORDER BY updated, id"};
  Statement updated_down{
      db, KITH_OBJECTS "WHERE class=? AND updated BETWEEN ? AND ? ORDER BY updated DESC, id DESC"};
};

/// Where a search looks.
struct SqliteObjects::Scope {
  std::int64_t app;
  std::int64_t in_class;
  bool groups;
  bool last_time;  ///< of groups is looked at
  std::string_view viewer;
};

SqliteObjects::SqliteObjects(Database& database, SqliteLists* lists)
    : database_(database), lists_(lists), sql_(std::make_unique<Statements>(database)) {}

SqliteObjects::~SqliteObjects() = default;

std::int64_t SqliteObjects::findClass(std::int64_t app, std::string_view name) {
  Statement& row = sql_->find_class.start().number(app).text(classOf(name));
  const std::int64_t found = row.step() ? row.numberAt(0) : 0;
  row.start();
  return found;
}

Result<std::int64_t> SqliteObjects::makeClass(std::int64_t app, std::string_view name) {
  if (const std::int64_t found = findClass(app, name); found != 0) return found;
  Statement& count = sql_->count_classes.start().number(app);
  const bool is_full = count.step() && count.numberAt(0) >= static_cast<std::int64_t>(kClasses);
  count.start();
  if (is_full) return tooManyClasses();
  sql_->insert_class.start().number(app).text(name).run();
  return database_.lastRowId();
}

std::optional<Object> SqliteObjects::find(std::int64_t in_class, std::string_view id) {
  Statement& row = sql_->find.start().number(in_class).text(id);
  std::optional<Object> found;
  if (row.step()) {
    const objects::ObjectView view = viewOf(row);
    found = Object{std::string(view.id), std::string(view.json), std::string(view.acl),
                   view.created,         view.updated,           view.version};
  }
  row.start();
  return found;
}

Result<ObjectRecord> SqliteObjects::execute(std::int64_t app, const CreateObject& request) {
  Result<Object> made = makeObject(request);
  if (!made) return made.error();
  const Result<std::int64_t> in_class = makeClass(app, request.class_name);
  if (!in_class) return in_class.error();
  if (find(*in_class, request.id)) return objectExists();
  insert(*in_class, *made);
  return ObjectRecord(std::make_shared<const Object>(std::move(made).value()));
}

void SqliteObjects::insert(std::int64_t in_class, const Object& object) {
  Statement& row = sql_->insert.start().number(in_class).text(object.id).text(object.json);
  bindAcl(row, object.acl);
  row.number(object.created).number(object.updated).number(object.version).run();
}

Result<void> SqliteObjects::makeGroup(std::int64_t app, const CreateGroup& request) {
  const Result<Object> made = makeGroupObject(request);
  if (!made) return made.error();
  const std::string_view name = classOfGroup(made->id);
  std::int64_t in_class = findClass(app, name);
  if (in_class == 0) {
    sql_->insert_class.start().number(app).text(name).run();
    in_class = database_.lastRowId();
  }
  insert(in_class, *made);
  return {};
}

GroupFacts SqliteObjects::factsOf(std::int64_t app, std::string_view group) {
  const std::optional<Object> found = find(findClass(app, classOfGroup(group)), group);
  return found ? storage::factsOf(*found) : GroupFacts{};
}

std::string SqliteObjects::temporaryOf(std::int64_t app, std::string_view pair) {
  const auto [from, end] = temporaryIdsOf(pair);
  Statement& row = sql_->last_between.start().number(findClass(app, kTemporaryClass));
  std::string last(row.text(from).text(end).step() ? row.textAt(0) : std::string_view());
  row.start();
  return last;
}

std::vector<std::string> SqliteObjects::names(Statement& rows) {
  std::vector<std::string> all;
  while (rows.step()) all.emplace_back(rows.textAt(0));
  return all;
}

Result<ImportFate> SqliteObjects::import(std::int64_t app, std::string_view class_name,
                                         const Object& row, bool look) {
  const std::int64_t known_class = findClass(app, class_name);
  const std::optional<Object> there = find(known_class, row.id);
  const ImportFate fate = judgeImport(there ? &*there : nullptr, row);
  if (look || fate == ImportFate::Present || fate == ImportFate::Kept) return fate;
  if (fate == ImportFate::Added) {
    const Result<std::int64_t> in_class = makeClass(app, classOf(class_name));
    if (!in_class) return in_class.error();
    insert(*in_class, row);
    return fate;
  }
  Statement& update = sql_->update.start().text(row.json);
  bindAcl(update, row.acl);
  update.number(row.updated).number(there->version).number(known_class).text(row.id).run();
  return fate;
}

void SqliteObjects::showGroup(std::int64_t app, std::string_view group, std::string_view viewer,
                              bool last_time, std::string& fields) {
  showMembers(membersOf(app, group, viewer), fields);
  if (!last_time) return;
  if (const auto last = lastMessageOf(app, group)) showLastTime(last->timestamp, fields);
}

std::vector<std::string> SqliteObjects::membersOf(std::int64_t app, std::string_view group,
                                                  std::string_view viewer) {
  std::vector<std::string> members;
  Statement& row = sql_->conversation.start().number(app).text(group);
  if (!row.step()) return members;
  const std::int64_t conversation = row.numberAt(0);
  const auto kind = static_cast<ConversationKind>(row.numberAt(1));
  row.start();
  if (kind != ConversationKind::Service) {
    return names(sql_->members.start().number(conversation));
  }
  Statement& own = sql_->is_member.start().number(app).text(viewer).number(conversation);
  if (own.step()) members.emplace_back(viewer);
  own.start();
  return members;
}

std::optional<StoredMessage> SqliteObjects::lastMessageOf(std::int64_t app,
                                                          std::string_view group) {
  if (lists_ == nullptr) return std::nullopt;
  Statement& row = sql_->conversation.start().number(app).text(group);
  const std::int64_t conversation = row.step() ? row.numberAt(0) : 0;
  row.start();
  return conversation != 0 ? lists_->lastMessage(conversation, kLastRows) : std::nullopt;
}

Result<ObjectRecord> SqliteObjects::execute(std::int64_t app, const UpdateObject& request) {
  if (Result<void> named = checkNames(request); !named) return named.error();
  const std::int64_t in_class = findClass(app, request.class_name);
  const std::optional<Object> before = find(in_class, request.id);
  if (!before) return objectMissing();
  Result<Object> after = changeObject(request, *before);
  if (!after) return after.error();
  Statement& row = sql_->update.start().text(after->json);
  bindAcl(row, after->acl);
  row.number(after->updated).number(after->version).number(in_class).text(after->id).run();
  if (isGroup(request)) showGroup(app, after->id, {}, false, after->json);
  return ObjectRecord(std::make_shared<const Object>(std::move(after).value()));
}

Result<Changed> SqliteObjects::execute(std::int64_t app, const DeleteObject& request) {
  if (Result<void> named = checkNames(request); !named) return named.error();
  const std::int64_t in_class = findClass(app, request.class_name);
  const std::optional<Object> before = find(in_class, request.id);
  if (!before) return objectMissing();
  if (Result<void> may = checkDeletion(request, *before); !may) return may.error();
  sql_->remove.start().number(in_class).text(request.id).run();
  return Changed{};
}

void SqliteObjects::removeGroup(std::int64_t app, std::string_view group) {
  sql_->remove.start().number(findClass(app, classOfGroup(group))).text(group).run();
}

std::vector<std::string> SqliteObjects::temporaryBefore(std::int64_t app, std::int64_t time,
                                                        std::int64_t most) {
  Statement& rows = sql_->made_before.start().number(findClass(app, kTemporaryClass));
  std::vector<std::string> ids = names(rows.number(time).number(most));
  rows.start();
  return ids;
}

Result<ObjectRecord> SqliteObjects::execute(std::int64_t app, const GetObject& request) {
  if (Result<void> named = checkNames(request); !named) return named.error();
  std::optional<Object> found = find(findClass(app, request.class_name), request.id);
  if (found && isGroup(request)) showGroup(app, found->id, request.user_id, true, found->json);
  return found ? showObject(request, *std::move(found)) : ObjectRecord();
}

Result<objects::FoundObjects> SqliteObjects::execute(std::int64_t app, const FindObjects& request) {
  Result<objects::Search> search = beginSearch(request);
  if (!search) return search.error();
  const bool last_time = search->looksAt(kLastMessageKey);
  feed({app, findClass(app, request.class_name), isGroup(request), last_time, request.user_id},
       *search);
  Result<objects::FoundObjects> found = search->finish();
  if (!found || !isGroup(request)) return found;
  showLastMessages(request, last_time, *found,
                   [&](std::string_view id) { return lastMessageOf(app, id); });
  return found;
}

void SqliteObjects::look(const Scope& scope, const Statement& row, objects::Search& search) {
  objects::ObjectView view = viewOf(row);
  std::string fields;
  if (scope.groups) {
    fields = view.json;
    showGroup(scope.app, view.id, scope.viewer, scope.last_time, fields);
    view.json = fields;
  }
  search.look(view);
}

void SqliteObjects::feedNamed(const Scope& scope, std::string_view id, objects::Search& search) {
  Statement& row = sql_->find.start().number(scope.in_class).text(id);
  if (row.step()) look(scope, row, search);
  row.start();
}

void SqliteObjects::feed(const Scope& scope, objects::Search& search) {
  const SearchPlan& plan = search.plan();
  std::vector<std::string> listed;
  if (plan.by == SearchPlan::By::Listed) {
    Statement& rows = sql_->groups_of.start().text(plan.listed).number(scope.app);
    listed = names(rows.number(objects::kSearchedObjects + 1));
  }
  for (const std::string& id : plan.by == SearchPlan::By::Ids ? plan.ids : listed) {
    if (!search.wantsMore()) return;
    feedNamed(scope, id, search);
  }
  if (plan.by != SearchPlan::By::Created && plan.by != SearchPlan::By::Updated) return;
  const bool by_created = plan.by == SearchPlan::By::Created;
  Statement& rows = plan.newest_first ? (by_created ? sql_->created_down : sql_->updated_down)
                                      : (by_created ? sql_->created_up : sql_->updated_up);
  rows.start().number(scope.in_class).number(plan.from).number(plan.to);
  while (search.wantsMore() && rows.step()) look(scope, rows, search);
  rows.start();
}

#undef KITH_OBJECTS

}  // namespace kith::storage
