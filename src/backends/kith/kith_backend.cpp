// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/kith_backend.hpp"

#include <array>
#include <utility>

#include "backends/kith/check_options.hpp"
#include "backends/kith/engine_output.hpp"
#include "backends/kith/frame_size.hpp"
#include "backends/kith/reads.hpp"
#include "base/text_codes.hpp"
#include "sign/thread_random.hpp"

namespace kith::backends {
namespace {

engine::EngineOptions engineOptions(const Options& options) {
  engine::EngineOptions result;
  result.app_id = options.app_id;
  result.server = options.server;
  result.has_signer = options.signature_factory != nullptr;
  result.has_store = options.store != nullptr;
  result.reconnect = options.reconnect;
  result.keepalive = options.keepalive;
  result.outbox = options.outbox;
  result.inbox = options.inbox;
  result.connect_timeout = options.connect_timeout;
  result.command_timeout = options.command_timeout;
  result.signature_timeout = options.signature_timeout;
  return result;
}

/// The engine with its clock, its timer and what it needs of the world.
class KithBackend final : public Backend {
 public:
  KithBackend(const DriverHost& host, BackendUser& user)
      : user_(user),
        context_(host, [&user] { user.turnEnded(); }),
        signer_(context_),
        reads_(context_, signer_),
        output_(context_, engine_, signer_, user),
        engine_(engineOptions(host.options), output_, random_) {}

  void addSession(SessionRef session, const std::string& peer_id) override {
    engine_.addSession(session, peer_id);
  }
  void removeSession(SessionRef session) override {
    reads_.cancel(session);
    engine_.removeSession(session, now());
  }
  void open(SessionRef session, std::vector<std::string> watch, OpId op) override {
    engine_.open(session, std::move(watch), op, now());
  }
  void close(SessionRef session, OpId op) override {
    reads_.cancel(session);
    engine_.close(session, op, now());
  }
  void watch(SessionRef session, std::vector<std::string> peers, OpId op) override {
    engine_.watch(session, std::move(peers), op, now());
  }
  void unwatch(SessionRef session, std::vector<std::string> peers, OpId op) override {
    engine_.unwatch(session, std::move(peers), op, now());
  }
  void query(SessionRef session, std::vector<std::string> peers, OpId op) override {
    engine_.query(session, std::move(peers), op, now());
  }
  void send(SessionRef session, Message message, std::string client_id, OpId op) override {
    engine_.send(session, std::move(message), std::move(client_id), op, now());
  }
  void delivered(SessionRef session, std::size_t count) override {
    engine_.delivered(session, count, now());
  }

  void join(SessionRef session, std::string group_id, bool open_group, OpId op) override {
    engine_.join(session, std::move(group_id), open_group, op, now());
  }
  void leave(SessionRef session, std::string group_id, OpId op) override {
    engine_.leave(session, std::move(group_id), op, now());
  }
  void invite(SessionRef session, std::string group_id, std::vector<std::string> peers,
              OpId op) override {
    engine_.invite(session, std::move(group_id), std::move(peers), op, now());
  }
  void kick(SessionRef session, std::string group_id, std::vector<std::string> peers,
            OpId op) override {
    engine_.kick(session, std::move(group_id), std::move(peers), op, now());
  }
  void members(SessionRef session, const std::string& peer_id, const std::string& group_id,
               OpId op) override;
  void history(const std::string& peer_id, HistoryQuery query, OpId op) override;
  void ask(SessionRef session, ConversationRequest request, OpId op) override {
    engine_.ask(session, std::move(request), op, now());
  }

  void networkChanged() override { engine_.networkChanged(now()); }
  void pause(OpId op) override { engine_.pause(op, now()); }
  void resume() override { engine_.resume(now()); }
  void closeAll(OpId op) override {
    output_.closing(op);
    reads_.cancelAll();
    engine_.closeAll(op, now());
  }
  void overrun() override { engine_.overrun(now()); }
  void endTurn() override {
    output_.endTurn();
    armTimer();
    context_.endTurn();
  }
  std::shared_ptr<const Counters> counters() const override { return engine_.sharedStats(); }

 private:
  base::Instant now() const { return context_.now(); }
  void armTimer();

  BackendUser& user_;
  Context context_;
  Signer signer_;
  Reads reads_;
  sign::ThreadRandom random_;
  EngineOutput output_;
  engine::ClientEngine engine_;
  std::unique_ptr<net::Timer> timer_;
  base::Millis armed_{base::kNever};
};

void KithBackend::members(SessionRef session, const std::string& peer_id,
                          const std::string& group_id, OpId op) {
  reads_.start(session,
               std::make_unique<MembersRead>(context_.options(), peer_id, group_id,
                                             [this, op](Result<std::vector<std::string>> members) {
                                               Outcome outcome;
                                               if (members.ok()) {
                                                 outcome.peers = std::move(*members);
                                               } else {
                                                 outcome.result = members.error();
                                               }
                                               user_.done(op, std::move(outcome));
                                             }));
}

void KithBackend::history(const std::string& peer_id, HistoryQuery query, OpId op) {
  reads_.start(0, std::make_unique<HistoryRead>(context_.options(), peer_id, std::move(query),
                                                [this, op](Result<std::vector<Message>> page) {
                                                  Outcome outcome;
                                                  if (page.ok()) {
                                                    outcome.messages = std::move(*page);
                                                  } else {
                                                    outcome.result = page.error();
                                                  }
                                                  user_.done(op, std::move(outcome));
                                                }));
}

void KithBackend::armTimer() {
  const base::Millis deadline = engine_.deadline();
  if (deadline == armed_) return;
  armed_ = deadline;
  if (timer_ == nullptr) {
    timer_ = context_.loop().makeTimer([this] {
      armed_ = base::kNever;
      engine_.timeReached(now());
      user_.timePassed();
      user_.turnEnded();
    });
  }
  timer_->arm(deadline);
}

class Kind final : public BackendKind {
 public:
  Capabilities capabilities(const Counters& seen) const override {
    const bool kithd = seen.knows_conversations;
    return {true,  true,  true,  true,  true,  true,  true,  kithd, kithd,
            kithd, kithd, kithd, kithd, kithd, kithd, kithd, kithd, kithd};
  }
  Result<void> checkOptions(const Options& options) const override {
    return checkServiceOptions(options);
  }
  std::shared_ptr<base::IoLoop> loop(const Options& options) const override {
    if (options.reactor == nullptr) return net::Loop::make({});
    return std::dynamic_pointer_cast<net::Loop>(options.reactor);
  }
  std::string randomName() const override {
    sign::ThreadRandom random;
    std::array<unsigned char, 8> bytes{};
    random.fill(bytes.data(), bytes.size());
    return base::base64url(bytes);
  }
  Result<void> checkSize(const Message& message, std::string_view app_id, std::string_view peer_id,
                         std::string_view client_id) const override {
    return checkFrameSize(message, app_id, peer_id, client_id);
  }
  std::shared_ptr<Backend> make(const DriverHost& host, BackendUser& user) const override {
    return std::make_shared<KithBackend>(host, user);
  }
};

}  // namespace

const BackendKind& kithBackend() {
  static const Kind kind;
  return kind;
}

}  // namespace kith::backends
