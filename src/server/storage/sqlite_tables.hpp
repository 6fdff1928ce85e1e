// SPDX-License-Identifier: Apache-2.0
// The storage's requests as SQL, but for those that the read thread has (sqlite_reader.hpp). Owned
// by the storage's thread; every call is between a begin() and an end(), which are a transaction,
// and pushes exactly one answer when the request has one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/absences.hpp"
#include "server/storage/batch.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/objects_sqlite.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/row_cache.hpp"
#include "server/storage/sqlite_lists.hpp"
#include "server/storage/sqlite_members.hpp"
#include "server/storage/text_map.hpp"
#include "server/storage/unfolded.hpp"
#include "sqlite/statement.hpp"

namespace kith::storage {

using sqlite::Database;
using sqlite::Statement;

class SqliteTables final {
 public:
  SqliteTables(Database& database, Answers& answers);
  ~SqliteTables();

  /// Brings the file to this version of the schema. False when it cannot, with a line that says
  /// why.
  static bool migrate(Database& database, std::string& why);

  /// Begins a transaction, and reads what the memory has to know, unless it does already.
  void begin();
  /// Writes down what the transaction did, or brings the tables up to date, and commits.
  void end();
  /// After a rollback: forgets what was learnt.
  void forget();
  /// Brings the tables up to date, so that the next start has nothing to read.
  void fold();
  /// An expire() has more to do; every transaction does a part.
  bool expiring() const { return expiring_; }
  /// Lets go of all statements, so that the database can be closed.
  void finish();
  std::uint64_t appended() const { return appended_; }

  void execute(Token token, const ConfigureApp& request);
  void execute(Token token, const Append& message);
  void execute(Token token, const PeerOnline& request);
  void execute(Token token, const PeerOffline& request);
  void execute(Token token, const Acknowledge& request);
  void execute(Token token, const CreateGroup& request);
  void execute(Token token, const AddMembers& request);
  void execute(Token token, const RemoveMembers& request);
  void execute(Token token, const SetStanding& request);
  void execute(Token token, const NoteUpdate& request);
  void execute(Token token, const RemoveConversation& request);
  void execute(Token token, const MarkRead& request);
  void execute(Token token, const EditMessage& request);
  void execute(Token token, const DeleteMessage& request);
  void execute(Token token, const Expire& request);
  void execute(Token token, const ClockJumped& request);
  void execute(Token token, const CreateObject& request) { changeObject(token, request); }
  void execute(Token token, const UpdateObject& request) { changeObject(token, request); }
  void execute(Token token, const DeleteObject& request) { changeObject(token, request); }
  void execute(Token token, const ImportMessages& request);
  void execute(Token token, const ImportConversations& request);
  void execute(Token token, const ImportStandings& request);
  void execute(Token token, const ImportObjects& request);

 private:
  struct App {
    std::int64_t row{0};
    AppLimits limits;
    ListEnd list;
    Position swept{0};     ///< of the history, all before it is gone
    bool sweeping{false};  ///< there may be more to take away
  };
  struct PeerPresence {
    std::string app_id;
    std::string peer_id;
    bool online{false};
    bool lists{false};
  };
  struct NewRow;
  struct Statements;
  class Import;  // sqlite_import.cpp

  Standing standingOf(const ConversationRow& group, std::string_view peer);
  void setStanding(const ConversationRow& group, const Standing& standing);
  void endStandings(const ConversationRow& group, std::int64_t now_ms);
  void markRead(const MarkRead& request, const ConversationRow& conversation, const PeerRow& peer,
                ReadMarked& marked);
  /// With the value that the request brings, or an Error.
  template <typename AnyRequest, typename What>
  void answer(Token token, const AnyRequest& request, What&& what) {
    storage::answer(request, token, std::forward<What>(what), answers_);
  }
  App* findApp(std::string_view app_id);
  template <typename ObjectRequest>
  void changeObject(Token token, const ObjectRequest& request);
  /// Null: the peer is not known.
  PeerRow* findPeer(const App& app, std::string_view name);
  PeerRow& makePeer(const App& app, const PeerRef& peer);
  ConversationRow* findConversation(const App& app, std::string_view name);
  /// Null: it is none, or a pair that is called by its name as a pair.
  ConversationRow* findGroup(const App& app, std::string_view name);
  ConversationRow& makeConversation(const App& app, std::string_view name, ConversationKind kind,
                                    std::int64_t created, std::string_view pair = {});
  /// The name of the ListedPair of a pair; empty = there is none.
  std::string_view listedNameOf(const App& app, std::string_view pair);
  /// A pair becomes a ListedPair; returns its name.
  std::string listPair(const App& app, std::string_view pair, std::string_view by,
                       std::int64_t now_ms);
  /// The same under this name; its object is the caller's to make.
  void listPairAs(const App& app, std::string_view pair, const std::string& name);
  /// Its members change.
  void becomeGroup(const App& app, ConversationRow& conversation);
  bool isToBeListed(const App& app, const Append& message);
  /// Answers with what is there.
  void bringPair(Token token, const App& app, const CreateGroup& request,
                 const ConversationRow& present);
  /// False: there is none, or it is over.
  bool bringTemporary(Token token, const App& app, const CreateGroup& request);
  /// Keeps a row; returns its time.
  std::int64_t keep(App& app, ConversationRow& conversation, const NewRow& row);

  Link link(ListKind kind, std::int64_t list, ListEnd& end, Position position,
            std::int64_t timestamp);
  bool isRepeat(Token token, PeerRow& sender, const Append& message);
  Position findToken(PeerRow& sender, std::string_view token);
  void insertRow(const ConversationRow& conversation, const NewRow& row, const Links& links);
  ConversationRow* conversationOf(const App& app, const Append& message);
  ConversationRow* channelOf(const App& app, const Append& message);
  void addToPair(const App& app, ConversationRow& pair, const Append& message);
  void deliver(const ConversationRow& conversation, std::int64_t sender, const Append& message);

  // sqlite_groups.cpp
  template <typename Change>
  bool refuses(Token token, const Change& request, const ConversationRow* group);
  template <typename Change>
  std::vector<std::string> toChange(const App& app, const ConversationRow& group,
                                    const Change& request);
  template <typename Change>
  void joinAll(const Change& request, ConversationRow& group,
               const std::vector<std::string>& changed);
  template <typename Change>
  void keepChange(Token token, const Change& request, RowKind kind, std::string_view text,
                  std::vector<std::string> changed);
  void tell(PeerPresence presence);
  void setAbsences(PeerRow& peer, const Absences& absences);

  // sqlite_removal.cpp
  bool emptyRemoved();
  void removeGroup(const App& app, std::string_view id);
  bool removeEnded();

  // sqlite_fold.cpp
  void noticeStrangers();
  void load();
  void leaveAll();
  void foldMost();
  void foldLists();
  void expireSome();
  bool expireTokens();
  bool expireMembers();

  // sqlite_messages.cpp
  struct Swept;
  /// 0: it is not there.
  template <typename Change>
  Position findMessage(const Change& request);
  bool sweepHistory();
  bool sweepHistory(App& app);
  bool isBeyond(App& app, const Swept& row);
  void dropMessage(const Swept& row);

  Database& database_;
  Answers& answers_;
  TextMap<App> apps_;
  RowCache<PeerRow> peers_;
  RowCache<ConversationRow> conversations_;
  RowCache<std::string> listed_;  // of pairs: the names of their ListedPairs
  Unfolded unfolded_;
  bool loaded_{false};
  std::int64_t data_version_{0};  // changes when another connection commits
  std::size_t records_{0};        // that are in unfolded_, each of a commit
  Position last_position_{0};
  std::int64_t last_record_{0};        // of unfolded; never given twice (sqlite_reader.cpp)
  std::optional<Position> opened_at_;  // what is newer was appended since the storage was opened
  std::uint64_t appended_{0};
  std::string scratch_;
  std::string packed_links_;
  std::vector<PeerPresence> presence_;  // told in this transaction: it holds if that fails, too
  bool all_left_{false};                // all that had a session in the last life of the file

  // Where the next part of an expire() begins.
  bool expiring_{false};
  std::int64_t expire_now_{0};
  bool tokens_left_{false};
  bool members_left_{false};
  bool history_left_{false};
  bool ended_left_{false};
  bool removed_left_{false};
  std::pair<std::int64_t, std::string> tokens_from_;

  std::unique_ptr<Statements> sql_;
  std::unique_ptr<SqliteLists> lists_;
  std::unique_ptr<SqliteMembers> members_;
  std::unique_ptr<SqliteObjects> objects_;
};

template <typename ObjectRequest>
void SqliteTables::changeObject(Token token, const ObjectRequest& request) {
  const App* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  answer(token, request, objects_->execute(app->row, request));
}

}  // namespace kith::storage
