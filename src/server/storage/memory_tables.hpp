// SPDX-License-Identifier: Apache-2.0
// The storage's requests on tables in memory. One thread. What only history and dedupe need is
// bounded, so that a server that keeps nothing does not grow for ever. Once warm, keeping a message
// takes no new memory.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/errors.hpp"
#include "server/storage/memory_app.hpp"
#include "server/storage/memory_pending.hpp"
#include "server/storage/objects_memory.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/text_map.hpp"

namespace kith::storage {

class MemoryTables final {
 public:
  explicit MemoryTables(Answers& answers);
  MemoryTables(const MemoryTables&) = delete;
  MemoryTables& operator=(const MemoryTables&) = delete;
  std::uint64_t appended() const { return appended_; }
  /// Any thread.
  std::uint64_t expired() const { return expired_.load(std::memory_order_relaxed); }

  void execute(Token token, const ConfigureApp& request);
  void execute(Token token, const Append& message);
  void execute(Token token, const PeerOnline& request);
  void execute(Token token, const PeerOffline& request);
  void execute(Token token, const ReadPending& request);
  void execute(Token token, const Acknowledge& request);
  void execute(Token token, const CreateGroup& request);
  void execute(Token token, const LoadGroup& request);
  void execute(Token token, const AddMembers& request);
  void execute(Token token, const RemoveMembers& request);
  void execute(Token token, const SetStanding& request);
  void execute(Token token, const ListDeclined& request);
  void execute(Token token, const NoteUpdate& request);
  void execute(Token token, const RemoveConversation& request);
  void execute(Token token, const ReadHistory& range);
  void execute(Token token, const ReadLog& range);
  void execute(Token token, const ReadChanges& request);
  void execute(Token token, const MarkRead& request);
  void execute(Token token, const ReadMarks& request);
  void execute(Token token, const ListEdits& request);
  void execute(Token token, const CountUnread& request);
  void execute(Token token, const ListUnread& request);
  void execute(Token token, const EditMessage& request);
  void execute(Token token, const DeleteMessage& request);
  void execute(Token token, const Expire& request);
  void execute(Token token, const ClockJumped& request);
  void execute(Token token, const ImportMessages& request);
  void execute(Token token, const ImportConversations& request);
  void execute(Token token, const ImportStandings& request);
  void execute(Token token, const ImportObjects& request);
  /// Those about objects.
  template <typename ObjectRequest>
  auto execute(Token token, const ObjectRequest& request)
      -> decltype(static_cast<void>(std::declval<MemoryObjects&>().execute(request))) {
    MemoryApp* const app = findApp(request.app_id);
    if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
    answer(token, request, app->objects.execute(request));
  }

 private:
  class Import;  // memory_import.cpp
  /// With the value that the request brings, or an Error.
  template <typename AnyRequest, typename What>
  void answer(Token token, const AnyRequest& request, What&& what) {
    storage::answer(request, token, std::forward<What>(what), answers_);
  }
  MemoryApp* findApp(std::string_view app_id);

  Refusal refusalOf(const MemoryApp& app, const Conversation* conversation,
                    const Append& message) const;
  Appended append(MemoryApp& app, const Append& message, Conversation* conversation,
                  std::uint64_t conversation_hash, std::uint64_t sender_hash);
  Conversation& makePair(MemoryApp& app, const Append& message, std::uint64_t hash);
  /// With its peer as its member.
  static Conversation& makeChannel(MemoryApp& app, const Append& message, std::uint64_t hash);
  static bool isToBeListed(const Conversation& pair, const Append& message);
  static void listPair(MemoryApp& app, Conversation& pair, std::string_view id, std::string_view by,
                       std::int64_t now_ms);
  void createPair(Token token, MemoryApp& app, const CreateGroup& request);
  /// Answers with what is there. False: there is none, or it is over.
  bool bringTemporary(Token token, const MemoryApp& app, const CreateGroup& request);
  template <typename Change>
  Refusal refusalOf(const MemoryApp& app, const Conversation* group, const Change& request) const;
  const Message& note(MemoryApp& app, Conversation& group, RowKind kind, std::string_view by,
                      std::int64_t now_ms, std::string_view text = {});
  MembersChanged addMembers(MemoryApp& app, Conversation& group, std::string_view by,
                            std::int64_t now_ms);
  void chooseNew(const MemoryApp& app, const Conversation& group, std::span<const PeerRef> peers,
                 std::string_view by);
  static void markRead(const MemoryApp& app, std::string_view name, const MarkRead& request,
                       ReadMarked& marked);
  /// Null: it is not there, or was deleted.
  template <typename Change>
  Message* findMessage(const Change& request);

  Answers& answers_;
  MemoryShared shared_;
  TextMap<MemoryApp> apps_;
  MemoryApp* last_app_{nullptr};  ///< of the last request
  PendingReader pending_{shared_};
  // Of one change of a group.
  std::vector<PeerRef> new_peers_;
  std::vector<Member*> leaving_;
  std::vector<std::string_view> names_;
  std::uint64_t appended_{0};
  std::atomic<std::uint64_t> expired_{0};
};

}  // namespace kith::storage
