// SPDX-License-Identifier: Apache-2.0
// A device: a person's machine with the real client engine on it, driven as src/client/driver.cpp
// and src/client/delivery.cpp drive it. Its process can be killed, frozen and started again;
// what its store has committed stays. One thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/kith/engine/client_engine.hpp"
#include "base/random.hpp"
#include "protocol/avos/codec.hpp"
#include "protocol/leancloud/codec.hpp"
#include "sign/signer.hpp"
#include "support/sim/ledger.hpp"
#include "support/sim/member_view.hpp"
#include "support/sim/network.hpp"
#include "support/sim/pocket.hpp"
#include "support/sim/reply_watch.hpp"

namespace kith::sim {

class Device final : private engine::Output, private Socket, private PocketUser {
 public:
  Device(std::size_t index, const Plan& plan, Timeline& time, Network& network, Ledger& ledger,
         Story& story, Tally& tally);

  // --- the process ---
  void start();
  /// `quietly`: the other end is not told, as when the power goes.
  void kill(bool quietly);
  /// As an application that ends properly.
  void quit();
  /// Ends for good.
  void leave();
  void sleep(Time duration, bool clock_stands);
  void jumpClock(Time by) { wall_ahead_ += by; }
  void calm();

  // --- the application ---
  /// Does one thing that its user likes to do.
  void act(std::uint64_t);
  void open(std::size_t face);
  void sendTo(std::size_t face, Peers to, std::string group, bool transient, std::size_t size);
  /// Reads a group's history to its end, which is to be what the log has.
  void readBack(std::size_t face, const std::string& group);
  /// Marks all of a group as read.
  void markAll(std::size_t face, const std::string& group);
  /// Asks for the groups and their members, which are to be those that are committed.
  void findGroups(std::size_t face);
  struct Unread {
    int count{0};
    bool mentioned{false};
    friend bool operator==(const Unread&, const Unread&) = default;
  };
  using UnreadGroups = std::map<std::string, Unread>;
  /// Asks for the unread counts, which are to be these; a group without one has none.
  void countUnread(std::size_t face, UnreadGroups expected);

  // --- looking in ---
  struct Face {
    std::size_t peer{0};
    engine::SessionRef ref{0};
    bool wanted{false};
    Peers watched{0};    ///< as the application knows from completions
    Peers uncertain{0};  ///< a watch or unwatch of these failed
    MemberView members;
  };
  bool running() const { return life_ != nullptr; }
  bool awake() const { return asleep_until_ <= time_.now(); }
  std::size_t faces() const { return faces_.size(); }
  const Face& face(std::size_t index) const { return faces_[index]; }
  SessionState state(std::size_t face) const;
  /// The engine's view: the peers that are watched, and those of them that are online.
  Peers watched(std::size_t face) const;
  Peers online(std::size_t face) const;
  /// Why this device has not come to rest, or empty.
  std::string unrest() const;
  std::string name() const { return "device " + std::to_string(index_); }
  void wantResumed();

 private:
  /// A session as the application holds it.
  struct Own : Face {
    struct Item {
      Event event;
      std::uint32_t life;
    };
    std::deque<Item> strand;
    bool running{false};    // a slice of the strand is to come
    std::uint32_t life{0};  // closes so far
    std::size_t told{0};    // shown, the engine is about to hear of it
    bool silent{true};      // nothing may come: closed, or never opened
    Screen screen;
  };
  struct Life {
    Life(Device& device, engine::EngineOptions options);
    base::SeededRandom random;
    avos::Encoder encoder;
    avos::Decoder decoder;
    leancloud::Encoder command_encoder;
    leancloud::Decoder command_decoder;
    engine::ClientEngine engine;
    engine::OpId closing{0};
    bool over{false};
    bool paused{false};
  };
  enum class Line { None, Connecting, Up, Closing };

  base::Instant now() const;
  engine::EngineOptions options() const;
  Actor actor(const Own& face) const;
  void say(const std::string& what) const { story_.tell(name(), what); }
  Own* find(engine::SessionRef ref);
  void renew(Own& face);
  /// After everything that happened to the engine.
  void settle();
  void arm();
  void wake(std::uint64_t armed_for);
  bool sleeping() const { return asleep_until_ > time_.now(); }
  void awaken(std::uint64_t);
  void startAgain(std::uint64_t);
  void end();

  // the application
  void close(Own& face);
  void drop(Own& face);
  void actOn(Own& face);
  void actOnGroup(Own& face, std::size_t habit);
  void actOnConversation(Own& face, std::size_t habit);
  void change(Own& face, const std::string& group, bool recall);
  void askPage(Own& face, backends::ReadPage page, std::size_t at);
  void readOn(std::uint64_t life);
  void checkPage(engine::OpId op, const engine::Outcome& outcome);
  void checkCounts(engine::OpId op, const engine::Outcome& outcome);
  void checkFound(engine::OpId op, const engine::Outcome& outcome);
  void burst(Own& face);
  std::string someGroup();
  Peers somePeers(std::size_t most);
  std::vector<std::string> listOf(Peers peers) const;

  void watch(Own& face, Peers peers);
  void unwatch(Own& face, Peers peers);
  void watchDone(engine::OpId op, const engine::Outcome& outcome);
  void heard(Own& face, const Event& event);
  void heartbeatAnswered(std::uint64_t link);

  // the strand
  void enqueue(Own& face, Event event);
  void slice(std::uint64_t face_and_life);
  void runItem(Own& face, Own::Item& item);
  void report(std::uint64_t face_and_life);
  void reportNow(Own& face);

  // delayed answers
  void signLater(std::uint64_t id);
  void routeLater(std::uint64_t life);
  void closedLater(std::uint64_t link);
  Result<Signature> sign(const SignatureRequest& request);

  // engine::Output
  void fetchRoute() override;
  void connect(const std::string& url) override;
  void disconnect(std::uint16_t code, std::string_view reason) override;
  void abandon() override;
  void sendFrame(const avos::Frame& frame) override;
  void sendCommand(const leancloud::Command& command) override;
  void sendPing() override;
  void requestSignature(engine::SignatureId id, const SignatureRequest& request) override;
  void load(engine::SessionRef session, const std::string& peer_id) override;
  void keep(const std::string& peer_id, StoreChange change) override;
  void done(engine::OpId op, engine::Outcome&& outcome) override;
  void notify(engine::SessionRef session, Event&& event) override;
  // Socket
  void linkUp(LinkId link) override;
  void linkFrame(LinkId link, Frame kind, char* payload, std::size_t size) override;
  void linkTurn(LinkId link) override;
  void linkDown(LinkId link) override;
  Time linkAsleepUntil() const override { return asleep_until_; }
  // PocketUser
  void pocketLoaded(engine::SessionRef session, Result<StoredPeer> peer) override;
  void pocketKept(std::size_t count, Result<void> result) override;
  void pocketNoted(const std::string& peer, std::size_t message) override;
  void pocketMissed(const std::string& peer, std::size_t message) override;
  void pocketUnread(const std::string& peer) override;
  Time pocketAsleepUntil() const override { return asleep_until_; }

  bool spoiled(const avos::Frame& frame, std::string& bytes);
  void checkOrder(const avos::Frame& frame);

  std::size_t index_;
  const Plan& plan_;
  Timeline& time_;
  Network& network_;
  Ledger& ledger_;
  Story& story_;
  Tally& tally_;
  Dice dice_;
  sign::Signer signer_{"mk-0123456789abcdef"};
  std::unique_ptr<Pocket> pocket_;
  std::vector<Own> faces_;
  std::unique_ptr<Life> life_;
  std::uint64_t life_number_{0};
  engine::SessionRef next_ref_{1};
  std::uint64_t nonces_{0};
  bool calm_{false};
  bool unwilling_{false};  // it was quit for good

  Line line_{Line::None};
  LinkId link_{0};
  int close_code_{0};
  std::string frame_;
  ReplyWatch replies_;
  std::map<engine::SignatureId, SignatureRequest> questions_;
  struct Watching {
    engine::SessionRef ref;
    Peers peers;
    bool in;
  };
  std::map<engine::OpId, Watching> watching_;
  /// A history that is read to its end.
  struct Reading {
    engine::SessionRef ref;
    std::string group;
    std::size_t at;  ///< messages so far
  };
  std::map<engine::OpId, Reading> reading_;
  struct Due {
    engine::SessionRef ref;
    backends::ReadPage page;
    std::size_t at;
  };
  std::vector<Due> due_;
  std::map<engine::OpId, UnreadGroups> counting_;
  std::set<engine::OpId> finding_;
  std::uint64_t edits_{0};

  Time armed_{-1};
  Time spun_at_{-1};
  int spins_{0};
  Time asleep_until_{0};
  bool clock_stands_{false};
  Time slept_since_{0};
  Time mono_ahead_{0};
  Time wall_ahead_{0};
};

}  // namespace kith::sim
