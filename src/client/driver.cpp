// SPDX-License-Identifier: Apache-2.0
#include "client/driver.hpp"

#include <utility>
#include <variant>

#include "client/session_impl.hpp"

namespace kith::client {
namespace {

constexpr std::size_t kKeptCapacity = 1024;

}  // namespace

Driver::Driver(const backends::DriverHost& host, const backends::BackendKind& kind,
               CommandQueue& queue, std::function<void()> ended)
    : host_(host),
      queue_(queue),
      ended_(std::move(ended)),
      backend_(kind.make(host_, *this)),
      counters_(backend_->counters()) {}

Driver::~Driver() = default;

// --- the application's side ---

void Driver::drain() {
  if (finished_) return;
  std::vector<Submission> batch = std::exchange(batch_, {});  // settle() may drain again meanwhile
  queue_.take(batch);
  bool more_soon = false;
  for (Submission& submission : batch) {
    // Apart, because these come by the hundred thousand, and never alone.
    if (auto* send = std::get_if<SendCall>(&submission)) {
      execute(*send);
      more_soon = true;
    } else if (auto* shown = std::get_if<ShownCall>(&submission)) {
      execute(*shown);
      more_soon = true;
    } else {
      std::visit([this](auto& call) { execute(call); }, submission);
    }
    submission = {};  // frees what it held
  }
  settle();
  batch.clear();
  // What is no message is rare, and 10,000 idle managers should keep nothing for it.
  if (more_soon && batch.capacity() <= kKeptCapacity) batch_ = std::move(batch);
}

void Driver::execute(SendCall& call) {
  const SessionRef ref = call.session->ref();
  const OpId op = ops_.add(SendOp{std::move(call.session), std::move(call.done), call.bytes});
  backend_->send(ref, std::move(call.message), std::move(call.client_id), op);
}

void Driver::execute(ShownCall& call) { backend_->delivered(call.session->ref(), call.count); }

void Driver::execute(NewCall& call) {
  if (call.replaced != 0) forget(call.replaced);
  slots_.add(call.session);
  backend_->addSession(call.session->ref(), call.session->peerId());
}

void Driver::execute(const GoneCall& call) { forget(call.session); }

void Driver::forget(SessionRef session) {
  backend_->removeSession(session);
  deliver();
  slots_.remove(session);
}

void Driver::execute(OpCall& call) {
  call.start(*backend_,
             ops_.add(CallOp{std::move(call.session), call.name, std::move(call.finish)}));
}

void Driver::execute(CloseCall& call) {
  if (call.session == nullptr) {
    backend_->closeAll(ops_.add(CloseOp{nullptr, std::move(call.finish)}));
    return;
  }
  const SessionRef ref = call.session->ref();
  backend_->close(ref, ops_.add(CloseOp{std::move(call.session), std::move(call.finish)}));
  slots_.nextEpoch(ref);
}

// --- what the backend tells ---

template <typename Kind>
void Driver::stage(const std::shared_ptr<SessionImpl>& session, Kind&& item) {
  if (std::vector<Item>* staged = slots_.staging(session->ref())) {
    staged->emplace_back(std::forward<Kind>(item));
  } else {
    session->push(std::forward<Kind>(item));
  }
}

void Driver::done(OpId id, Outcome&& outcome) {
  Op op = ops_.take(id);
  if (auto* sent = std::get_if<SendOp>(&op)) {
    sent->session->releaseQueue(sent->bytes);
    if (!sent->done) return;
    Result<Receipt> result = outcome.result.ok() ? Result<Receipt>(std::move(outcome.receipt))
                                                 : Result<Receipt>(outcome.result.error());
    stage(sent->session, SendEnd{std::move(sent->done), std::move(result)});
  } else if (auto* call = std::get_if<CallOp>(&op)) {
    if (!call->finish) return;
    Call bound{call->name, [finish = std::move(call->finish),
                            outcome = std::move(outcome)]() mutable { finish(outcome); }};
    if (call->session != nullptr) {
      stage(call->session, std::move(bound));
    } else {
      host_.executor->push(std::move(bound));
    }
  } else if (auto* close = std::get_if<CloseOp>(&op)) {
    closes_.push_back({std::move(close->session), std::move(close->finish), std::move(outcome)});
  }
}

void Driver::notify(SessionRef session, Event&& event) {
  slots_.stageEvent(session, std::move(event));
}

void Driver::turnEnded() {
  if (finished_) return;
  settle();
  if (finished_ || !std::exchange(overrun_, false)) return;
  host_.log.log(LogLevel::Warn, "client",
                "the server sends more events than the application's callbacks take; the "
                "connection is opened anew");
  backend_->overrun();
  settle();
}

void Driver::timePassed() {
  if (finished_ || !slots_.trim(host_.loop->now().mono)) return;
  std::vector<Submission>().swap(batch_);
  queue_.trim();
}

// --- what happened goes up ---

void Driver::settle() {
  backend_->endTurn();
  queue_.setDraining(!second_drain_);
  deliver();
  finishCloses();
  queue_.setDraining(false);
  if (finished_) return end();
  if (!queue_.takePending()) return;
  // Once, so that callbacks that go on calling leave the loop its turn.
  second_drain_ = true;
  drain();
  second_drain_ = false;
}

void Driver::deliver() {
  if (!slots_.deliver(host_.loop->now().mono)) overrun_ = true;
}

void Driver::finishCloses() {
  for (PendingClose& close : std::exchange(closes_, {})) {
    if (close.session == nullptr) {
      finishManager(std::move(close.finish), std::move(close.outcome));
    } else if (close.finish) {
      close.session->push(
          Call{"close", [finish = std::move(close.finish),
                         outcome = std::move(close.outcome)]() mutable { finish(outcome); }});
    }
  }
}

void Driver::finishManager(Finish finish, Outcome outcome) {
  finished_ = true;
  if (!finish) return;
  // The completion is the last callback of all: it waits until every strand has come to an end.
  struct Gate {
    std::atomic<std::size_t> waiting{1};
    Finish finish;
    Outcome outcome;
    void pass() {
      if (waiting.fetch_sub(1) == 1) finish(outcome);
    }
  };
  auto gate = std::make_shared<Gate>();
  gate->finish = std::move(finish);
  gate->outcome = std::move(outcome);
  const std::vector<std::shared_ptr<SessionImpl>> strands = slots_.strands();
  gate->waiting = strands.size() + 1;
  for (const auto& strand : strands) strand->push(Call{"close", [gate] { gate->pass(); }});
  host_.executor->push({"close", [gate] { gate->pass(); }});
}

ManagerStats Driver::stats() const {
  ManagerStats stats;
  stats.connects = counters_->connects;
  stats.disconnects = counters_->disconnects;
  stats.frames_in = counters_->frames_in;
  stats.frames_out = counters_->frames_out;
  stats.duplicates = counters_->duplicates;
  return stats;
}

void Driver::end() {
  host_.loop->dropLater(std::move(backend_));
  slots_.clear();
  ended_();
}

}  // namespace kith::client
