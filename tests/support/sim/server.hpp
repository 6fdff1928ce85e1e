// SPDX-License-Identifier: Apache-2.0
// The real hub, driven as src/server/front/front.cpp drives it, over the simulated network and
// disk. It crashes, and comes back over the same tables. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "server/core/hub.hpp"
#include "server/dialects/avos/avos_dialect.hpp"
#include "server/dialects/kith/kith_dialect.hpp"
#include "support/sim/disk.hpp"
#include "support/sim/network.hpp"

namespace kith::sim {

inline constexpr std::string_view kMasterKey = "mk-0123456789abcdef";
inline constexpr Time kEpoch = 1412000000000;  ///< wall clock when the world begins

class Server final : private core::Output, private Socket, private DiskUser {
 public:
  Server(const Plan& plan, Timeline& time, Network& network, Ledger& ledger, Story& story,
         Tally& tally);

  void start();
  void crash(bool quietly);
  /// As at SIGTERM: what was asked for is answered, then it stops, and starts again.
  void restart();
  void jumpClock(Time by) { wall_ahead_ += by; }
  void calm();

  bool running() const { return hub_ != nullptr; }
  core::HubStats stats() const { return hub_->stats(); }
  Disk& disk() { return disk_; }
  bool idle() const;
  std::string whyNotIdle() const;

 private:
  struct Line {
    core::ConnectionId id{0};
    bool closing{false};
    bool waits{false};
    std::vector<std::string> backlog;
    std::size_t backlog_at{0};
    bool undrained{false};
    bool written{false};
    std::size_t buffered{0};
    std::uint64_t frames{0};  // written so far
  };
  enum class Phase { Serving, Draining, Stopped };

  base::Instant now() const;
  core::HubOptions options() const;
  void soon(Time delay);
  void turn(std::uint64_t generation);
  bool step();
  void feedResumed();
  void feedBacklog(LinkId link, Line& line);
  bool flush();
  void advanceStop();
  void forget(LinkId link);
  void closeTimeout(std::uint64_t link);
  void startAgain(std::uint64_t);
  void receive(LinkId link, Line& line, char* frame, std::size_t size);

  // Planted bugs between the hub and the network (server_bugs.cpp).
  /// True: the frame does not go out, or not now.
  bool spoiled(LinkId link, std::string& frame);
  bool changesPlaces(LinkId link, std::string& frame);
  bool lags(LinkId link, const std::string& frame);
  /// Lets go of what was held back for the rest of a step.
  void release();

  // core::Output
  void write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
             core::FrameForm) override;
  void close(core::ConnectionId connection, std::uint16_t code, std::string_view reason) override;
  void resume(core::ConnectionId connection) override;
  // Socket
  void linkUp(LinkId link) override;
  void linkFrame(LinkId link, Frame kind, char* payload, std::size_t size) override;
  void linkTurn(LinkId) override {}
  void linkDown(LinkId link) override;
  void linkDrained(LinkId link) override;
  // DiskUser
  void diskReady() override;
  void answering(const AskBook::Due& due) override;
  void answered(const AskBook::Due& due) override;

  const Plan& plan_;
  Timeline& time_;
  Network& network_;
  Ledger& ledger_;
  Story& story_;
  Tally& tally_;
  Dice dice_;
  Disk disk_;
  base::SeededRandom random_;
  dialects::AvosDialect v1_{0};
  dialects::KithDialect kith_{1};
  std::unique_ptr<core::Hub> hub_;
  std::uint64_t generation_{0};
  Phase phase_{Phase::Stopped};
  Time stop_at_{0};
  Time wall_ahead_{0};
  Time turn_at_{-1};
  bool woken_{false};
  bool calm_{false};
  std::map<LinkId, Line> lines_;
  std::vector<LinkId> link_of_;  // by ConnectionId
  std::vector<core::ConnectionId> free_;
  std::vector<LinkId> resumed_;
  std::vector<LinkId> written_;
  std::uint64_t frames_before_{0};  // of the line that an answer is for
  std::string joined_;
  std::string held_back_;  // Bug::RepliesSwapped, Bug::MessagesSwapped
  struct Held {
    LinkId link;
    std::string frame;
  };
  std::vector<Held> held_;  // Bug::AnswerOutOfOrder, Bug::ReplyAfterNotice
};

}  // namespace kith::sim
