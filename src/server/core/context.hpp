// SPDX-License-Identifier: Apache-2.0
// What all parts of the hub share. One per hub, on its thread.
#pragma once

#include <kith/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/core/conversation_queues.hpp"
#include "server/core/dialect.hpp"
#include "server/core/model.hpp"
#include "server/core/pending_command.hpp"
#include "server/core/timers.hpp"
#include "server/core/writer.hpp"

namespace kith::core {

/// Signatures that may be refused on a connection; then it is closed with 4102.
inline constexpr std::uint32_t kRefusedSignatures = 20;

/// What a command did to the reading of its connection, if it was carried out at all.
enum class Outcome {
  Done,
  Parked,  ///< waits for its group
};

struct Context {
  Context(HubOptions its_options, Output& its_output, storage::Storage& its_storage,
          base::Random& its_random)
      : options(std::move(its_options)),
        output(its_output),
        storage(its_storage),
        random(its_random),
        seed(drawSeed(random)),
        apps(0, base::TextHash(seed)),
        writer(output, pending, stats, timers, now) {}

  static std::uint64_t drawSeed(base::Random& random) {
    std::uint64_t seed = 0;
    random.fill(reinterpret_cast<unsigned char*>(&seed), sizeof seed);
    return seed;
  }

  HubOptions options;
  Output& output;
  storage::Storage& storage;
  base::Random& random;
  /// Of the hashes of ids, in all apps: ids that meet cannot be chosen from outside.
  const std::uint64_t seed;
  HubStats stats;
  base::Instant now;
  bool asked_storage{false};     ///< since the last flush
  std::size_t group_members{0};  ///< counted by the groups, so it outlives them
  std::size_t will_bytes{0};     ///< counted by the wills, so it outlives them
  // Before all that refers to peers of the apps, so that it outlives it.
  std::unordered_map<std::string, std::unique_ptr<App>, base::TextHash, std::equal_to<>> apps;
  PendingCommands pending;
  ConversationQueues conversations;
  Timers timers;
  Writer writer;
  UnackedTable::FreeTables free_tables;
  std::vector<Ref<Connection>> just_closed;  ///< closed, their sessions not ended yet

  /// Closes with a code of avos-v1 §6.2. Nothing is written to it from now on; its sessions end
  /// when the hub's present call does, so that the caller may go on using them.
  void close(Connection& connection, int code);

  /// Answers a request that may not be carried out.
  void refuse(Session& session, const Serial& i, int code, std::string_view detail = {});
  /// A question of a session to the storage, whose reply has its place.
  PendingCommand& beginAsk(Session& session, const Serial& i);
  /// Bytes that the reply to a question may have.
  static std::size_t answerBytesOf(const PendingCommand& asked) {
    return asked.connection->dialect->rules().answer_bytes;
  }
  /// The reply to a question is known; it leaves when it has its turn.
  template <typename Body>
  static void answer(PendingCommand& asked, const Body& body) {
    asked.connection->dialect->write(notice(*asked.session, body, asked.i.get()), asked.text);
  }
  /// A change of a conversation that is no change of its members.
  PendingCommand& beginWrite(Session& session, const Serial& i, Group& group);

  /// What works for an app.
  Switches switchesOf(const App& app) const {
    return apps::both(app.options.switches, options.switches);
  }

  /// A notice for `session`; a reply has the serial of what it answers.
  template <typename Body>
  static Notice notice(const Session& session, const Body& body, const Serial& i = {}) {
    return {i, session.peer->app.options.id, session.peer->id, body};
  }
};

}  // namespace kith::core
