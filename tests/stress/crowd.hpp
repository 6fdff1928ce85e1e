// SPDX-License-Identifier: Apache-2.0
// Many real SDK sessions that watch each other and talk in pairs and groups without end; all they
// say and hear goes into a ledger. Callbacks on the managers' executors, the rest on the main
// thread.
#pragma once

#include <kith/kith.hpp>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "stress/ledger.hpp"

namespace kith::stress {

struct CrowdOptions {
  std::string url;
  std::size_t sessions{200};
  /// Connections: sessions are dealt out to as many managers.
  std::size_t managers{20};
  /// Messages of a session on the way at a time.
  std::size_t window{2};
  /// Members of a group; 0 = no groups.
  std::size_t group_size{5};
  /// How much text a message carries, at least.
  std::size_t text_bytes{64};
  KeepaliveOptions keepalive{std::chrono::milliseconds{300}, std::chrono::milliseconds{1500}};
  std::chrono::milliseconds command_timeout{5000};
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds expiry{0};
  std::uint64_t seed{1};
  std::string peers{"p"};
};

class Crowd {
 public:
  Crowd(const CrowdOptions& options, Ledger& ledger);
  /// Closes all and waits for it.
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Opens all, each watching its neighbours, and makes the groups.
  void open();
  void startTalking();
  /// What is on the way still comes to its end.
  void stopTalking() { talking_ = false; }
  /// One more message in every line, which comes behind all that may still come late.
  void sayOneMore();
  /// Waits until every session is open and sees online exactly those that it watches.
  void awaitPresence();
  /// Closes every `step`-th session, waits until its watchers know, and opens it again. Others may
  /// talk meanwhile.
  void closeAndReopen(std::size_t step);
  /// Closes all, politely.
  void closeAll();
  void networkChanged();
  /// Sessions that wait for their connection.
  std::size_t pausedNow() const;
  /// How often sessions resumed so far; pauses by the number that the server gave.
  std::size_t resumed() const { return resumed_; }
  std::map<std::string, std::size_t> pauses();
  /// Sessions that ended without being asked; none may.
  std::size_t ended() const { return ended_; }
  std::size_t size() const { return members_.size(); }
  Session& session(std::size_t index) { return *members_[index]->session; }

 private:
  class Ear;
  struct Talk {
    Line line{0};
    std::size_t to{0};
    bool group{false};
  };
  struct Member {
    std::shared_ptr<Session> session;
    std::vector<std::string> watched;
    std::vector<Talk> talks;
    std::string group_id;
    /// Chains of messages, each sent when the one before has completed. A chain ends when the
    /// session is closed.
    std::atomic<std::size_t> chains{0};
    std::mutex mutex;  // guards random, and keeps numbering and sending together
    std::minstd_rand random;
  };

  void makeManagers();
  void makeGroups();
  void makeTalks();
  void startChains(std::size_t index);
  void say(std::size_t index);
  void sayIn(std::size_t index, const Talk& talk, bool go_on);
  bool seesAll(std::size_t index);

  CrowdOptions options_;
  Ledger& ledger_;
  std::vector<std::unique_ptr<SessionManager>> managers_;
  std::vector<std::unique_ptr<Member>> members_;
  std::atomic<bool> talking_{false};
  std::atomic<std::size_t> resumed_{0};
  std::atomic<std::size_t> ended_{0};
  std::mutex pauses_mutex_;
  std::map<std::string, std::size_t> pauses_;
};

}  // namespace kith::stress
