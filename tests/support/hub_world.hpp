// SPDX-License-Identifier: Apache-2.0
// A hub with clients that are nothing but names, frames as JSON text, and a clock that moves only
// when told. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "server/core/hub.hpp"
#include "server/dialects/avos/avos_dialect.hpp"
#include "sign/signer.hpp"
#include "support/catch.hpp"
#include "support/json.hpp"
#include "support/scripted_storage.hpp"

namespace kith::testing {

inline constexpr std::string_view kMasterKey = "mk-0123456789abcdef";
/// The second of the vectors in avos-v1 §10.2.
inline constexpr std::int64_t kStartSeconds = 1412000000;

AppOptions testApp(bool require_signature = false);
core::HubOptions testHub();
core::HubOptions testHub(AppOptions app);

class HubWorld : private core::Output {
 public:
  struct Closed {
    int code;
    std::string reason;
    friend bool operator==(const Closed&, const Closed&) = default;
  };

  HubWorld();
  explicit HubWorld(core::HubOptions options);
  ~HubWorld() override;

  /// What the server does with a new snapshot of its registry: `apps` and `switches` hold.
  void setApps();
  void setSwitches(const Switches& changed);

  // --- clients ----------------------------------------------------------------------------------
  void connect(const std::string& name);
  void connect(const std::string& name, core::Dialect& speaks);

  /// The socket is gone.
  void drop(const std::string& name);

  /// Feeds one frame, then lets everything happen that follows from it.
  void send(const std::string& name, std::string_view frame);

  /// Feeds one frame in the present turn. Connects the client when it is new.
  void feed(const std::string& name, std::string_view frame);

  /// Opens a session the JavaScript way (D2) and takes the answer. Returns it.
  std::string open(const std::string& name, const std::string& peer,
                   const std::string& watch = "[]", const std::string& more = "");

  /// The signature fields of a session open or add of `ids`, with a comma before them.
  std::string sessionSignature(const std::string& peer, std::vector<std::string_view> ids,
                               const std::string& suffix = "");

  std::string roomSignature(const std::string& peer, const std::string& group,
                            std::vector<std::string_view> ids, const std::string& action);

  // --- what came out ----------------------------------------------------------------------------
  bool has(const std::string& name);

  /// The next frame to this client.
  std::string take(const std::string& name);
  void expect(const std::string& name, const std::string& frame);
  void expectNothing(const std::string& name);
  void expectClose(const std::string& name, int code, const std::string& reason);
  bool closed(const std::string& name);

  /// What was refused for its signature, oldest first; see takeRefusal().
  struct Refusal {
    std::string app, peer, action;
    core::SignatureFault fault;
    base::Millis beyond;
  };
  /// The only refusal since the last call.
  Refusal takeRefusal();
  bool anyRefusal() const { return !refusals_.empty(); }

  /// Takes whatever waits for this client.
  std::vector<std::string> takeAll(const std::string& name);
  void forgetAll();

  // --- time and storage -------------------------------------------------------------------------
  base::Instant now() const;
  std::int64_t seconds() const { return kStartSeconds + passed_ / 1000; }

  /// Moves the clock, stopping wherever the hub has something to do.
  void advance(base::Millis by);

  /// Sets the wall clock, forward or back.
  void setClock(base::Millis by) { set_by_ += by; }

  /// Moves the clock and does nothing else.
  void pass(base::Millis by) { passed_ += by.count(); }

  /// One turn after the other, until nothing moves.
  void settle();

  /// Tells the hub that this client has read everything.
  void drained(const std::string& name);

  /// For tests that feed by hand: whether the hub has resumed this connection since it was asked.
  bool takeResumed(core::ConnectionId id);

  std::vector<AppOptions> apps;  ///< see setApps()
  Switches switches;
  bool auto_drain{true};
  int wakeups{0};
  dialects::AvosDialect dialect{0};
  ScriptedStorage storage;

 private:
  struct Client {
    std::deque<std::string> frames;
    std::deque<std::string> backlog;
    std::optional<Closed> closed;
    bool waits{false};
    bool undrained{false};
  };

  base::SeededRandom random_{7};

 public:
  core::Hub hub;

 private:
  std::string signed_(const std::string& text, const std::string& time, const std::string& nonce);
  std::deque<std::string>& frames(const std::string& name);
  bool drainAll();
  /// Feeds what was kept back for connections that may go on.
  bool feedResumed();

  // core::Output
  void write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
             core::FrameForm form) override;
  void close(core::ConnectionId id, std::uint16_t code, std::string_view reason) override;
  void resume(core::ConnectionId id) override;
  void signatureRefused(const core::RefusedSignature& what) override;

  sign::Signer signer_{kMasterKey};
  core::ConnectionId next_id_{1};
  std::map<std::string, core::ConnectionId> ids_;
  std::map<core::ConnectionId, Client> clients_;
  std::vector<core::ConnectionId> resumed_;
  std::vector<Refusal> refusals_;
  std::int64_t passed_{5000};
  base::Millis set_by_{0};
  int nonces_{0};
  std::uint64_t version_{0};
};

}  // namespace kith::testing
