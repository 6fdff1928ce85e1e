// SPDX-License-Identifier: Apache-2.0
// The things the hub keeps: apps, peers, sessions, connections, groups. All live on the hub's
// thread and are held by Ref; raw pointers between them are cleared by what ends the target.
#pragma once

#include <kith/server.hpp>

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "base/hash_index.hpp"
#include "base/seeded_hash.hpp"
#include "base/token_bucket.hpp"
#include "server/core/dialect.hpp"
#include "server/core/hub.hpp"
#include "server/core/nonce_cache.hpp"
#include "server/core/pending_queue.hpp"
#include "server/core/ref.hpp"
#include "server/core/unacked_table.hpp"
#include "sign/signer.hpp"

namespace kith::core {

struct App;
struct Connection;
struct Group;
struct Member;
struct Session;

/// A session that watches a peer, and where in its own list it says so.
struct Watcher {
  Session* session;
  std::uint32_t index;
};

/// Frames carried out in a turn.
struct TurnQuota {
  std::uint32_t turn{0};
  std::uint32_t frames{0};
};
/// Connections that wait in the slow lane.
using Lane = std::deque<Ref<Connection>>;

/// An identity inside an app. It exists while it is referred to by a session, a watcher, a group
/// in memory, a message on its way, a timer.
struct Peer {
  Peer(App& its_app, std::string_view its_id, std::uint64_t its_hash);
  static void lastRefGone(Peer* peer);

  bool online() const { return !sessions.empty(); }
  /// Its groups learn of it, too: the work grows with their number.
  void add(Session& session);
  void remove(const Session& session);

  App& app;
  std::uint64_t hash;  ///< of the id
  std::string id;
  std::string quoted;  ///< as JSON: what a shared frame is given for each receiver
  std::vector<Session*> sessions;
  std::vector<Member*> groups;  ///< those in memory that it is a member of
  std::vector<Watcher> watchers;
  base::Millis offline_at{base::kNever};  ///< when watchers are to hear that it went offline
  bool shown_online{false};               ///< what watchers were told last (avos-v1 §7.1)
  base::TokenBucket bucket;               ///< what it may ask for (see rate_limiter.hpp)
  bool lists{false};                      ///< a client of it looks for its pairs in a list
  std::uint32_t refs{0};
};

/// What is to be known of a session that has a token.
struct SessionOrigin {
  std::string tag;
  std::string device;
  bool proven{false};  ///< it was opened with a signature, or with a token of one that was
};

/// No place in Session::watches.
inline constexpr std::uint32_t kNoWatch = (1u << 29) - 1;

/// One peer that a session watches, where that peer's list of watchers has the session, and what
/// the session has not been told of it yet (see presence_coalescer.hpp).
struct Watch {
  Ref<Peer> peer;
  std::uint32_t index;
  std::uint32_t next_pending : 29 {kNoWatch};
  std::uint32_t changes : 3 {0};  ///< 0: nothing; then it is not in the list either
};

/// What a session wants to be sent when its connection is lost (leancloud-current §5.3).
struct Will;

/// A peer open on a connection (avos-v1 §7).
struct Session {
  Session(Connection& its_connection, Ref<Peer> its_peer);
  ~Session();
  static void lastRefGone(Session* session) { delete session; }
  bool alive() const { return connection != nullptr; }

  Connection* connection;  ///< null once the session has ended
  Ref<Peer> peer;
  std::vector<Watch> watches;
  UnackedTable unacked;
  Ref<Group> open_group;              ///< at most one (avos-v1 §9.3)
  std::uint32_t open_group_index{0};  ///< its place in Group::live
  std::uint32_t index{0};             ///< its place in Connection::sessions
  std::uint32_t device{0};            ///< its place in Peer::sessions
  std::uint32_t queued{0};  ///< frames among its connection's replies, `opened` among them
  std::uint32_t presence_changes{0};      ///< all that are in `watches` together
  std::unique_ptr<SessionOrigin> origin;  ///< null where sessions have no tokens
  std::unique_ptr<Will> will;             ///< null = it has none
  bool is_super{false};
  bool replaying{false};          ///< not all of the offline queue has been read, or counted
  bool counting{false};           ///< counted, while what is accepted since `page` comes live
  bool read_first{false};         ///< the first page has come
  base::Millis opened_at{0};      ///< wall clock: what pages bring of later did not wait
  storage::Position replayed{0};  ///< the last message that a page held
  storage::Position missed{0};    ///< the last one accepted since a page was asked for
  std::uint64_t page{0};          ///< PendingCommand::number of the last page
  // A list of the watches with changes, in the order they got them. While there are some, no watch
  // may change its place.
  std::uint32_t first_pending{kNoWatch};
  std::uint32_t last_pending{kNoWatch};
  std::uint32_t refs{0};
};

/// Sessions of a connection whose offline queue is still to be read.
struct Replay {
  std::vector<Ref<Session>> waiting;  ///< for a free place
  std::size_t next{0};                ///< first of `waiting` that was not taken yet
  std::vector<Ref<Session>> rest;     ///< have more; go on after drained()
  std::size_t reading{0};
  bool queued{false};  ///< without Switches::replay_priority: waits for other connections
};

/// Frames that wait for their moment (see DialectRules::spaced), one behind the other.
struct HeldFrames {
  struct Frame {
    Topics topics;
    std::uint32_t size;
    bool reply;
  };
  bool empty() const { return next == frames.size(); }
  void add(bool reply, Topics topics, std::initializer_list<std::string_view> parts);
  /// Takes the first one. Good until add().
  std::string_view take();

  std::vector<Frame> frames;
  std::size_t next{0};   ///< of `frames`: the first that waits
  std::string bytes;     ///< of all of them
  std::size_t begin{0};  ///< of `bytes`: where the next one lies
};

struct Connection {
  Connection(ConnectionId its_id, Dialect& its_dialect) : id(its_id), dialect(&its_dialect) {}
  static void lastRefGone(Connection* connection) { delete connection; }

  ConnectionId id;
  Dialect* dialect;              ///< what it speaks
  bool closing{false};           ///< closed by us or gone: nothing more is read or written
  bool parked{false};            ///< a command waits for its group; no frame may come
  bool opening_refused{false};   ///< legacy_silent refused a session
  bool holding{false};           ///< what it gets now stands behind a reply that still waits
  bool service{false};           ///< of one ServiceCommand; no frame comes or leaves
  std::uint32_t undelivered{0};  ///< its commands that wait for their turn in a conversation
  PendingQueue replies;          ///< in the order of the requests; the first one waits
  App* app{nullptr};             ///< of the last session opened (avos-v1 §3.1 appId)
  std::vector<Ref<Session>> sessions;
  /// The same by their peers' hashes, once they are of more than one app; else null, as nearly
  /// always.
  std::unique_ptr<base::HashIndex<Session>> by_peer;
  std::unique_ptr<Replay> replay;
  std::unique_ptr<HeldFrames> held;  ///< null = nothing waits for its moment
  // Before that time no news leave of what replies were about, and no replies of what news were.
  base::Millis apart_until{0};
  Topics replied{0};
  Topics told{0};
  /// Of all replays since the connection drained last; it outlives each of them.
  std::size_t undrained_bytes{0};
  base::Millis heard_at{0};
  base::Millis login_due{base::kNever};
  base::Millis timer_at{base::kNever};  ///< the timer entry that counts; others are stale
  base::TokenBucket bucket;             ///< for commands that belong to no session
  TurnQuota share;
  std::uint32_t granted{0};  ///< frames it may still have in the slow lane
  std::uint32_t refused_signatures{0};
  bool costly{false};     ///< the present frame was charged
  bool overdrawn{false};  ///< by the present frame
  std::uint32_t refs{0};
};

/// A peer in a group in memory, and its places in the lists that have it.
struct Member {
  Group& group;
  Ref<Peer> peer;
  std::uint32_t in_peer{0};   ///< in Peer::groups
  std::uint32_t in_group{0};  ///< in Group::online, while its peer has a session
};

/// No place among the groups in memory.
inline constexpr std::size_t kNoPlace = static_cast<std::size_t>(-1);

/// A member that is here. The peer stands beside it, since that is all that a message looks at.
struct Present {
  Peer* peer;
  Member* member;
};

/// A group as it is committed: changes on their way to the storage show when they have their turn.
/// What is sent to it walks those that are here, so that members that are away cost nothing.
struct Group {
  /// `its_total` counts the members of all groups.
  Group(App& its_app, std::string_view its_id, bool is_open, std::size_t& its_total)
      : app(its_app), id(its_id), open(is_open), total(its_total) {}
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  static void lastRefGone(Group* group) { delete group; }

  bool has(const Peer& peer) const { return members.contains(&peer); }
  /// Null: the peer is nothing but a member, or not even that.
  const storage::Standing* standingOf(std::string_view peer) const;
  bool is(StandingKind kind, std::string_view peer) const {
    const storage::Standing* const standing = standings.empty() ? nullptr : standingOf(peer);
    return standing != nullptr && standing->has(kind);
  }
  /// Whether the peer does not become a member when `by` says so.
  bool keepsOut(std::string_view peer, std::string_view by) const {
    const storage::Standing* const standing = standings.empty() ? nullptr : standingOf(peer);
    return standing != nullptr && standing->keepsOut(by);
  }
  /// The name under which what is on its way to it is queued: that of the pair, if it has been one,
  /// because what is sent to the peers of a pair is in the same log.
  const std::string& queueName() const { return pair.empty() ? id : pair; }
  /// Of that name; strangers cannot foresee it.
  std::uint64_t hash() const;
  void add(Ref<Peer> peer);
  void remove(const Peer& peer);
  /// The member's peer has its first session, or has lost its last one.
  void arrived(Member& member);
  void departed(const Member& member);

  App& app;
  std::string id;
  bool open;
  bool service{false};              ///< of an app's server: members hear it, and not each other
  bool is_pair{false};              ///< of its members: clients of v1 know it by these
  std::string pair;                 ///< see storage::GroupRecord
  std::string creator;              ///< empty = it is not known
  base::Millis ends{base::kNever};  ///< wall clock: a temporary one is over then
  std::vector<storage::Standing> standings;
  storage::ConversationKey key{0};  ///< 0 = not known
  std::unordered_map<const Peer*, Member> members;
  std::vector<Present> online;  ///< those of them whose peers have sessions
  std::size_t sessions{0};      ///< of all of these peers together
  std::vector<Session*> live;   ///< open groups: the sessions inside
  std::uint32_t changes{0};     ///< changes on their way to the storage
  std::uint64_t used{0};        ///< tick of the last use
  std::size_t place{kNoPlace};  ///< among the groups in memory, see GroupCache
  std::size_t& total;
  std::uint32_t refs{0};
};

/// Ids that are to be named once; the views must stay good.
using IdSet = std::unordered_set<std::string_view, base::TextHash>;

/// Where a peer sat when its connection was lost (avos-v1 §9.3: 30 minutes).
struct RejoinReservation {
  Ref<Group> group;
  base::Millis until;
};

struct App {
  /// `its_seed` is for the hashes of ids: ids that meet cannot be chosen from outside.
  App(const AppOptions& its_options, std::uint64_t its_seed);
  /// From now on these hold, and its id stays. What was used of signatures stays so.
  void configure(const AppOptions& changed);

  Ref<Peer> peer(std::string_view id);        ///< made when missing
  Peer* findPeer(std::string_view id) const;  ///< null when nothing refers to it
  Peer* findPeer(std::string_view id, std::uint64_t hash) const;
  bool watchRequired() const;

  AppOptions options;
  std::optional<sign::Signer> signer;
  std::optional<sign::Signer> tokens;  ///< signs the tokens of sessions
  NonceCache nonces;
  base::TokenBucket bucket;
  TurnQuota share;
  Lane lane;
  std::uint64_t seed;
  base::HashIndex<Peer> peers;
  base::HashIndex<Group> groups;  ///< those in memory, by their ids; GroupCache holds them
  std::unordered_map<std::string, RejoinReservation, base::TextHash, std::equal_to<>> reservations;
};

/// The session of `peer` on `connection`, or null.
Session* findSession(const Peer& peer, const Connection& connection);

}  // namespace kith::core
