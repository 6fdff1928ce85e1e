// SPDX-License-Identifier: Apache-2.0
// What was asked, accepted, shown and promised, seen from beside the product:
// the oracle of a simulated run. Knows nothing of how the product works. One thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/kith/engine/events.hpp"
#include "server/storage/storage.hpp"
#include "support/sim/log_book.hpp"
#include "support/sim/plan.hpp"
#include "support/sim/story.hpp"
#include "support/sim/tally.hpp"

namespace kith::sim {

/// What a user may rely on; the numbers are those of README.md.
enum class Promise {
  NothingLost = 1,
  NothingTwice,
  Order,
  CompletesOnce,
  Presence,
  Membership,
  OfflineLimit,
  QueuesBounded,
  NothingStuck,
  SilentAfterClose,
  NumberedLog,
  Conversations,
};
std::string_view nameOf(Promise promise);

struct Broken {
  Promise promise;
  Time when;
  std::string what;
};

/// Peers as bits.
using Peers = std::uint32_t;
inline Peers bitOf(std::size_t peer) { return Peers{1} << peer; }

inline constexpr Peers kEverybody = ~Peers{0};

std::string peerName(std::size_t peer);
std::size_t peerOf(std::string_view name);
Peers peersOf(const std::vector<std::string>& names);
std::string namesOf(Peers peers);

enum class OpKind {
  Open,
  Close,
  Watch,
  Unwatch,
  Query,
  Send,
  Create,
  Join,
  Leave,
  Invite,
  Kick,
  Pause,
  CloseAll,
  Edit,
  Recall,
  Page,
  Mark,
  Count,
  Find
};

/// What does something: a life of a process on a device, and one of its sessions.
struct Actor {
  std::size_t device{0};
  std::uint64_t life{0};
  engine::SessionRef session{0};
  std::size_t peer{0};
};

struct Sent {
  Actor by;
  Peers to{0};
  std::string group;
  bool transient{false};
  bool over{false};  ///< the sender was told how it ended, or its process has ended
  bool ok{false};
  bool kept{false};        ///< committed in the sender's store, not taken out since
  bool unheard{false};     ///< its session was dropped: how it ends is not told
  bool let_go{false};      ///< taken out of the sender's store
  bool stale{false};       ///< the sender's store could not take it out: a later life may repeat it
  bool impossible{false};  ///< the sender was told that it cannot have arrived
  storage::Position position{0};  ///< 0: not accepted
  std::string id;
  std::size_t conversation{0};
  Peers entitled{0};
  Peers shown{0};    ///< on some device
  Peers dropped{0};  ///< fell to a limit
  Peers waits{0};    ///< in the committed queue
  Peers paged{0};    ///< read from it for these
  Peers late{0};     ///< left out of a first page whose settlement was lost: may come behind others
};

/// What one session of one process has been shown.
struct Screen {
  std::vector<bool> shown;              ///< by message
  std::vector<storage::Position> last;  ///< by conversation
  Time since{0};
  std::vector<bool> before;  ///< shown by earlier lives of this device
  bool has_store{false};
  bool unread{false};        ///< this life does not know what the store knows
  std::vector<bool> missed;  ///< the store could not keep that it came
  std::vector<bool> noted;   ///< the store has committed that it was shown
};

class Ledger {
 public:
  Ledger(const Plan& plan, const Timeline& time, Story& story, Tally& tally)
      : plan_(plan),
        time_(time),
        story_(story),
        tally_(tally),
        queues_(kMostPeers),
        left_(kMostPeers) {}

  const std::optional<Broken>& broken() const { return broken_; }
  void fail(Promise promise, std::string what);

  // --- the sender's side ---
  engine::OpId begin(OpKind kind, const Actor& by);
  engine::OpId beginGroup(OpKind kind, const Actor& by, const std::string& group, Peers whom);
  /// Returns the operation and the message's number, which its text begins with.
  std::pair<engine::OpId, std::size_t> beginSend(const Actor& by, Peers to, std::string group,
                                                 bool transient);
  /// A message of its own is to have this text. One that completes is committed.
  engine::OpId beginEdit(OpKind kind, const Actor& by, std::string text);
  void done(engine::OpId op, const engine::Outcome& outcome);
  /// The event that tells how a send ended. For one that lived on in a store it is all there is.
  void ended(std::size_t message, const Error* error, const std::string& id);
  /// The sender's store has committed that it keeps the message, or that it need not any more.
  void keptBySender(std::size_t message, bool in);
  /// The process died: how its operations end is not told.
  void killed(std::size_t device, std::uint64_t life);
  /// The application dropped the session: what lives on in its store ends in silence.
  void dropped(const Actor& by);
  /// What of this session's was not told yet.
  std::size_t open(std::size_t device, std::uint64_t life, engine::SessionRef session) const;
  std::size_t open() const { return open_; }
  std::string firstOpen() const;

  // --- the server's storage, as it commits ---
  void asked(const storage::Append& message) { logs_.asked(message); }
  void lost(const storage::Append& message) { logs_.lost(message); }
  void allLost() { logs_.allLost(); }
  void stored(const storage::Append& message, const storage::Appended& result);
  void acknowledged(const storage::Acknowledge& asked);
  /// They were in a commit that failed: the messages may stay until the peer opens anew.
  void acknowledgementLost(const storage::Acknowledge& asked);
  void groupMade(const storage::CreateGroup& asked, const storage::MembersChanged& result);
  void membersAdded(const storage::AddMembers& asked, const storage::MembersChanged& result);
  void membersRemoved(const storage::RemoveMembers& asked, const storage::MembersChanged& result);
  /// What is read is what waits, and of what came during absences the newest.
  void pageRead(const storage::ReadPending& asked, const storage::PendingPage& page);
  /// `done`: it was not refused.
  void edited(const storage::EditMessage& asked, bool done);
  /// It need not arrive any more, and waits for no peer.
  void deleted(const storage::DeleteMessage& asked, bool done);
  /// Of a log, or of the history.
  template <typename Read>
  void read(const Read& asked, const storage::HistoryPage& page) {
    checkLog(logs_.read(asked, page));
  }
  void came(std::string_view peer);
  void went(std::string_view peer);

  // --- the receiver's side ---
  void shown(const Actor& by, Screen& screen, const Message& message);

  // --- looking in ---
  const std::vector<Sent>& messages() const { return messages_; }
  Sent& message(std::size_t number) { return messages_[number]; }
  /// The peers that a message mentions, by its number; kEverybody = all receivers.
  Peers mentions(std::size_t number) const;
  /// In the committed queue, though the peer is there and nothing excuses it.
  std::size_t waiting(std::size_t peer) const;
  std::vector<storage::Position> queueOf(std::size_t peer) const;
  Peers membersOf(const std::string& group) const;
  const std::vector<std::string>& groups() const { return group_names_; }
  bool isOpenGroup(const std::string& group) const;
  const LogBook& logs() const { return logs_; }
  /// At the end: everything that was accepted has arrived, or waits where it should.
  void checkArrivals(Peers open_peers);

  static std::size_t numberOf(std::string_view text);
  /// The same of one that may have been taken back.
  std::size_t numberOf(std::string_view text, std::string_view id) const;

 private:
  struct Op {
    OpKind kind;
    Actor by;
    Time begun;
    int told{0};
    bool dead{false};
    std::size_t message{0};
    std::string group;
    Peers whom{0};
    std::string text{};  ///< of an edit
  };
  /// In the logs of the storage.
  using Place = std::pair<storage::ConversationKey, storage::Seq>;
  struct Row {
    std::size_t message;
    bool excused{false};   ///< its acknowledgement was in a commit that failed
    bool left_out{false};  ///< beyond the limit, said a first page
  };
  /// After the one position, up to the other.
  struct Absence {
    std::size_t from;
    std::size_t to;
  };
  static constexpr std::size_t kEver = SIZE_MAX;
  struct Queue {
    std::map<Place, Row> rows;
    bool known{false};  ///< to the storage
    bool online{false};
    std::vector<Absence> absences;
  };
  struct Group {
    bool open{false};
    std::vector<std::pair<Time, Peers>> changes;
    Peers now() const { return changes.back().second; }
  };

  std::string describe(const Op& op) const;
  void doneSend(const Op& op, const engine::Outcome& outcome);
  void doneGroup(const Op& op, const engine::Outcome& outcome);
  void settle(Sent& sent, std::size_t number, const Error* error, const std::string& id);
  bool wasMember(const Group& group, Peers whom, bool in, Time from) const;
  template <typename Change>
  bool groupChanged(const Change& asked, const storage::MembersChanged& result);
  void checkRefusal(const Group& group, std::string_view by, bool members_only,
                    storage::Refusal refusal, const std::string& what);
  /// Complains unless it is empty.
  void checkLog(const std::string& wrong);
  void entitlePair(const storage::Append& message, std::size_t number);
  void learn(std::span<const storage::PeerRef> peers);
  std::vector<Place> beyondLimits(const Queue& queue) const;
  void checkMentioned(const Actor& by, const Message& message, std::size_t number);
  void checkShown(const Actor& by, Screen& screen, std::size_t number, const Message& message);

  const Plan& plan_;
  const Timeline& time_;
  Story& story_;
  Tally& tally_;
  std::optional<Broken> broken_;
  std::vector<Op> ops_;
  std::size_t open_{0};
  std::vector<Sent> messages_;
  std::vector<std::size_t> by_position_;  ///< position - 1
  std::map<std::string, std::size_t, std::less<>> by_id_;
  std::map<std::string, std::size_t, std::less<>> conversations_;
  std::vector<Queue> queues_;
  std::vector<std::map<std::size_t, Time>> left_;  ///< of each peer: message, when it was taken off
  std::map<std::string, Group, std::less<>> groups_;
  std::vector<std::string> group_names_;
  LogBook logs_;
};

}  // namespace kith::sim
