// SPDX-License-Identifier: Apache-2.0
// The meaning of the service, sans-IO: frames and the time go in; frames, closes and storage calls
// come out. One thread; every call is legal at any time.
#pragma once

#include <kith/result.hpp>
#include <kith/server.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "server/apps/app_snapshot.hpp"
#include "server/storage/storage.hpp"

namespace kith::core {

class Dialect;
struct ServiceCommand;
enum class FrameForm : std::uint8_t;

/// Names a connection; chosen by the front, which reuses numbers only after disconnected().
using ConnectionId = std::uint32_t;

/// Why a signature did not count.
enum class SignatureFault {
  Missing,    ///< no `s`, `t` or `n`
  Malformed,  ///< no 40 hex digits, no time, or a nonce that is a word of the signed text
  Colon,      ///< an id or the nonce holds what joins them; see AppOptions::allow_colons
  Old,        ///< its time lies before the window
  Future,     ///< its time lies behind the window
  Wrong,      ///< another key, app, peer, list, time or nonce was signed
  Replayed,   ///< it was used before
  NoSuper,    ///< the app does not require signatures, so it has no super peers
};

/// A command that was refused for its signature. The views die when the call returns; neither the
/// signature nor its nonce is in here.
struct RefusedSignature {
  ConnectionId connection;
  std::string_view app_id;
  std::string_view peer_id;  ///< any text that a frame can hold
  std::string_view action;   ///< `open`, `add`, `join`, `invite` or `kick`
  SignatureFault fault;
  base::Millis beyond{0};  ///< Old, Future: how far outside of the window
};

/// What the hub wants done, in the order it asks. Called only inside the hub's own calls.
class Output {
 public:
  virtual ~Output() = default;
  /// One whole frame, given in parts to be joined. The views die when write() returns. Frames
  /// of a turn should leave in one write.
  virtual void write(ConnectionId to, std::initializer_list<std::string_view> parts,
                     FrameForm form) = 0;
  /// Close with a code of avos-v1 §6.2 after what was written. The front answers with
  /// disconnected() later, once.
  virtual void close(ConnectionId connection, std::uint16_t code, std::string_view reason) = 0;
  /// received() returned Flow::Wait before: the connection's next frame may be fed now.
  virtual void resume(ConnectionId connection) = 0;
  /// The connection has opened its first session.
  virtual void opened(ConnectionId connection) { static_cast<void>(connection); }
  /// For the log: what was refused, and why.
  virtual void signatureRefused(const RefusedSignature& what) { static_cast<void>(what); }
};

/// Whether the connection's next frame may be fed at once.
enum class Flow {
  Continue,
  Wait,  ///< keep the next frames until Output::resume()
};

/// Members of all groups in memory together; a group that is idle goes before there are more, and
/// one in use before there are four times as many. Some 80 MB.
inline constexpr std::size_t kCachedMembers = 256u * 1024;

/// Groups in memory; as with their members, those in use go before there are four times as many:
/// each pair that talks over the current protocol is one. A pair takes some 750 bytes.
inline constexpr std::size_t kCachedGroups = 16u * 1024;

/// Bytes of wills (leancloud-current §5.3) in memory together.
inline constexpr std::size_t kWillBytes = 64u * 1024 * 1024;

/// Most bytes of a frame of the current protocol, where one of v1 may have `frame_bytes`: its text
/// may be base64, and names and mentions are beside it.
constexpr std::size_t currentFrameBytes(std::size_t frame_bytes) {
  return frame_bytes / 3 * 4 + 2048;
}

/// The hub's part of the server's settings.
struct HubOptions {
  std::vector<AppOptions> apps;  ///< from the start; Hub::setApps() brings more
  std::size_t frame_bytes{limits::kServerFrameBytes};
  base::Millis login_timeout{60000};
  base::Millis idle_timeout{360000};
  std::size_t peers_per_connection{100000};
  ConnectionLimits connections;
  Switches switches;                           ///< from the start; see Hub::setApps()
  std::size_t cached_members{kCachedMembers};  ///< no setting; tests take a small one
  std::size_t cached_groups{kCachedGroups};    ///< no setting; tests take a small one
  std::size_t will_bytes{kWillBytes};          ///< no setting; tests take a small one
};

/// Whose turn ends with endTurn().
enum class Lanes {
  Fast,  ///< only those below their rates: the turn goes on
  Both,  ///< the slow lane's connections are resumed, too
};

struct HubStats {
  std::uint64_t connections{0};
  std::uint64_t sessions{0};
  std::uint64_t frames_in{0};
  std::uint64_t frames_out{0};
  std::uint64_t messages{0};
};

class Hub final : public storage::AnswerSink {
 public:
  /// `output`, `storage` and `random` outlive the hub. Check the options with validate() first.
  Hub(HubOptions options, Output& output, storage::Storage& storage, base::Random& random);
  ~Hub() override;

  static Result<void> validate(const HubOptions& options);

  /// `dialect` is what the connection speaks; it outlives the hub.
  void connected(ConnectionId connection, Dialect& dialect, base::Instant now);
  /// One whole frame of `size` bytes with a writable byte behind it; the bytes are overwritten.
  [[nodiscard]] Flow received(ConnectionId connection, char* frame, std::size_t size,
                              base::Instant now);
  /// A WebSocket PING or PONG came: counts as life (avos-v1 §2).
  void heard(ConnectionId connection, base::Instant now);
  /// Everything written so far has left: replay may go on.
  void drained(ConnectionId connection, base::Instant now);
  void disconnected(ConnectionId connection, base::Instant now);

  /// Carries out what an app's own server asks for. Its answer is one Output::write() to `command`
  /// in FrameForm::Answer, inside of this call or when the storage has answered, and nothing
  /// comes behind it. `command` is a number of the caller's; those of connections have nothing to
  /// do with it. `dialect` writes the answer; it outlives the hub.
  void command(ConnectionId command, Dialect& dialect, const ServiceCommand& wish,
               base::Instant now);

  /// The earliest time at which timeReached() has something to do; kNever if none.
  base::Millis deadline() const;
  void timeReached(base::Instant now);
  /// The turn is over: batched output and storage calls go out. The driver calls it after feeding
  /// whatever arrived together, and after storage.drain(*this); with Lanes::Both once a turn.
  void endTurn(base::Instant now, Lanes lanes = Lanes::Both);
  /// Connections wait in the slow lane: the next turn should come at once.
  bool hasWaiting() const;
  /// The server is about to stop: clients that understand it are told to connect anew.
  void goAway(base::Instant now);
  /// Apps that are new are added; the others, and what works, are from the next command on as this
  /// says. Sessions, members and watch lists stay, also where they are beyond a new limit. An app
  /// that is not in it stays as it is. Between two frames.
  void setApps(const apps::AppSnapshot& snapshot, base::Instant now);
  /// Time for the answers that storage.drain() is about to hand over.
  void setNow(base::Instant now);

  /// Whether a peer of an app has a session.
  bool isOnline(std::string_view app_id, std::string_view peer_id) const;
  /// Its members were changed in the storage, and not by the hub: they are loaded anew.
  void forgetGroup(std::string_view app_id, std::string_view group_id);

  const HubStats& stats() const;
  /// Groups in memory.
  std::size_t groups() const;
  /// Their members, each as often as it is one.
  std::size_t groupMembers() const;
  /// Peers that lost their connection in an open group and may come back to it.
  std::size_t reservations() const;

  // storage::AnswerSink
  void onAnswer(storage::Answer& answer) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kith::core
