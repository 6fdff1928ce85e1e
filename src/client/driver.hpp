// SPDX-License-Identifier: Apache-2.0
// The io side of a manager: carries out what the engine asks for and feeds it what comes back.
// Owned by ManagerImpl; loop thread only, but for the constructor and destructor.
#pragma once

#include <kith/session.hpp>
#include <kith/session_manager.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/hash_index.hpp"
#include "client/item.hpp"
#include "client/ops.hpp"
#include "client/rest_read.hpp"
#include "client/store_writer.hpp"
#include "client/submission.hpp"
#include "client/thread_random.hpp"
#include "engine/client_engine.hpp"
#include "net/client/loop.hpp"
#include "wire/command.hpp"

namespace kith::client {

class ManagerImpl;
class SessionImpl;

class Driver final : private engine::Output {
 public:
  explicit Driver(ManagerImpl& manager);
  ~Driver() override;

  /// Carries out what the application's threads handed in, in order. True: messages were among it,
  /// so there will be more soon.
  bool carryOut(std::vector<Submission>& submissions);
  /// Something was put into an empty queue, on the loop's thread. True: the driver looks at it
  /// before it returns to the loop, so that nobody has to be woken up.
  bool willLook() { return looks_ && (must_look_ = true); }

  // --- for DriverCalls ---
  engine::ClientEngine& engine() { return engine_; }
  /// The same for all that happens in a burst.
  base::Instant now();
  engine::OpId addOp(Op op) { return ops_.add(std::move(op)); }
  void addSession(const std::shared_ptr<SessionImpl>& session, const std::string& peer_id);
  void removeSession(engine::SessionRef ref);
  void closeSession(const std::shared_ptr<SessionImpl>& session, Finish finish);
  void closeAll(Finish finish);

  /// A read that belongs to `session`, or to the manager when null. It fails with `Closed` when its
  /// owner is closed first.
  void read(const std::shared_ptr<SessionImpl>& session, std::unique_ptr<RestRead> read);

 private:
  class Link;

  // engine::Output
  void fetchRoute() override;
  void connect(const std::string& url) override;
  void disconnect(std::uint16_t code, std::string_view reason) override;
  void abandon() override;
  void sendFrame(const wire::Command& command) override;
  void sendPing() override;
  void requestSignature(engine::SignatureId id, const SignatureRequest& request) override;
  void load(engine::SessionRef session, const std::string& peer_id) override;
  void keep(const std::string& peer_id, StoreChange change) override;
  void done(engine::OpId op, engine::Outcome&& outcome) override;
  void notify(engine::SessionRef session, Event&& event) override;

  // from the link
  void linkUp();
  void linkFrame(char* frame, std::size_t size);
  void linkHeard();
  void linkDown(int code, Error error);
  void linkTurnEnd();

  // driver_store.cpp
  void flushJobs();
  void startWriter();
  void kept(std::size_t count, Result<void> result);
  void loaded(engine::SessionRef session, Result<StoredPeer> peer);
  void logStoreFailure(const Error& error);

  void warnOfAnyCertificate(std::string_view url) const;
  // driver_signer.cpp
  using Signed = std::function<void(Driver&, Result<Signature>&&)>;
  /// `then` is called once at most: a factory may never answer.
  void askSigner(const SignatureRequest& request, Signed then);
  void tellSignerFault(const Result<Signature>& signature);
  // driver_rest.cpp
  /// An HTTP request to `url` with the manager's TLS, proxy and time.
  net::HttpRequest httpRequest(std::string url) const;
  void continueRead(std::uint64_t id);
  void proofReady(std::uint64_t id, const Result<Signature>& proof);
  void sendRead(std::uint64_t id, const Signature* proof);
  void cancelReads(const SessionImpl* session);
  void cancelAllReads();

  void answerRoute(Result<net::HttpAnswer> answer);
  void send(SendCall& call);
  const std::shared_ptr<SessionImpl>& find(engine::SessionRef ref);
  void forgetSessions();
  /// Where the session's next item goes.
  std::vector<Item>& staging(const std::shared_ptr<SessionImpl>& session);
  void finishCall(const std::shared_ptr<SessionImpl>& session, const char* name, Finish finish,
                  engine::Outcome outcome);
  /// After each call or burst of calls of the engine: hands events to the strands, sets the timer.
  void settle();
  void flushStaged();
  void flushCloses();
  void lookAgain();
  bool isBusy(SessionImpl& session);
  void trimQuiet();
  void finishManager(Finish finish, engine::Outcome outcome);
  void armTimer();
  void retireLink();

  struct PendingClose {
    std::shared_ptr<SessionImpl> session;
    Finish finish;
    engine::Outcome outcome;
  };
  struct PendingRead {
    std::shared_ptr<SessionImpl> session;
    std::unique_ptr<RestRead> read;
    std::unique_ptr<net::Timer> patience;  // while the signer is asked
  };

  ManagerImpl& manager_;
  ThreadRandom random_;
  engine::ClientEngine engine_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<net::Timer> timer_;
  base::Millis armed_{base::kNever};
  OpTable ops_;
  base::HashIndex<SessionImpl> sessions_;  // by SessionRef; keptByDriver() holds them
  SessionImpl* latest_{nullptr};           // in sessions_: most often asked for again
  /// Dropped sessions whose completions may still be on their strands.
  std::vector<std::weak_ptr<SessionImpl>> leaving_;
  std::vector<std::shared_ptr<SessionImpl>> touched_;
  std::vector<std::shared_ptr<SessionImpl>> spare_;  // memory for the next touched_
  std::vector<engine::SessionRef> busy_;             // have memory for the next items
  std::vector<PendingClose> closes_;
  std::unique_ptr<StoreWriter> writer_;  // from the first thing to keep
  std::vector<StoreWriter::Job> jobs_;
  std::size_t unkept_{0};  // changes without an answer from the store
  bool store_failing_{false};
  std::string signer_fault_;  // was logged; empty since the last signature
  std::map<std::uint64_t, PendingRead> reads_;
  std::uint64_t next_read_{1};
  bool closing_{false};
  bool finished_{false};
  bool overrun_{false};  // a server's events outrun the application
  std::optional<base::Instant> now_;
  bool looks_{false};      // callbacks may be running inside settle(), which will look at the queue
  bool must_look_{false};  // it has to: they put something there
  bool looking_{false};
};

}  // namespace kith::client
