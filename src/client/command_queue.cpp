// SPDX-License-Identifier: Apache-2.0
#include "client/command_queue.hpp"

#include <kith/limits.hpp>

#include <utility>
#include <variant>

#include "client/session_impl.hpp"

namespace kith::client {

bool CommandQueue::hasRoomForCall() {
  const base::Lock lock(mutex_);
  return queue_.size() < limits::kCallsPerManager;
}

template <typename Call>
void CommandQueue::put(Call&& call) {
  bool wake_up = false;
  bool refused = false;
  {
    const base::Lock lock(mutex_);
    refused = closed_;
    if (!refused) {
      if (!std::exchange(in_use_, true)) owner_.inUse();
      wake_up = !std::exchange(woken_, true);  // a burst costs one wake-up
      queue_.emplace_back(std::forward<Call>(call));
    }
  }
  if (refused) refuse(std::forward<Call>(call));
  if (wake_up) wake();
}

template void CommandQueue::put(Submission&&);
template void CommandQueue::put(SendCall&&);
template void CommandQueue::put(ShownCall&&);

void CommandQueue::close(Completion done, const Finish& closed) {
  bool wake_up = false;
  bool over = false;
  {
    const base::Lock lock(mutex_);
    if (done) closers_.push_back(std::move(done));
    if (!closed_) {
      closed_ = true;
      close_done_ = !in_use_;  // never used: there is nothing to wait for
      if (in_use_) {
        wake_up = !std::exchange(woken_, true);
        queue_.emplace_back(CloseCall{nullptr, closed});
      }
    }
    over = close_done_;
  }
  if (over) {
    owner_.complete("close", [closed] {
      Outcome outcome;
      closed(outcome);
    });
  }
  if (wake_up) wake();
}

std::vector<Completion> CommandQueue::takeClosers() {
  const base::Lock lock(mutex_);
  close_done_ = true;
  return std::exchange(closers_, {});
}

void CommandQueue::wake() {
  if (!owner_.wake()) refuseWaiting();
}

/// There is no io thread. With the next command it is tried again.
void CommandQueue::refuseWaiting() {
  std::vector<Submission> refused;
  {
    const base::Lock lock(mutex_);
    woken_ = false;
    refused.swap(queue_);
    for (Submission& submission : refused) {
      if (std::holds_alternative<NewCall>(submission) ||
          std::holds_alternative<GoneCall>(submission)) {
        queue_.push_back(std::exchange(submission, {}));
      }
    }
  }
  for (Submission& submission : refused) refuse(std::move(submission));
}

Error CommandQueue::refusal(const char* name) {
  const base::Lock lock(mutex_);
  if (closed_) return {Errc::Closed, 0, std::string(name) + ": the manager is closed", false};
  return {Errc::NetworkDown, 0,
          std::string(name) + ": the system gives the process no more threads; try again later",
          false};
}

void CommandQueue::refuse(Submission&& submission) {
  if (auto* send = std::get_if<SendCall>(&submission)) {
    send->session->releaseQueue(send->bytes);
    send->session->refuse("send", std::move(send->done), refusal("send"));
  } else if (auto* op = std::get_if<OpCall>(&submission)) {
    if (op->session != nullptr) {
      return op->session->refuseOp(op->name, std::move(op->finish), refusal(op->name));
    }
    if (!op->finish) return;
    owner_.complete(op->name, [finish = std::move(op->finish), why = refusal(op->name)] {
      Outcome refused;
      refused.result = why;
      finish(refused);
    });
  } else if (auto* close = std::get_if<CloseCall>(&submission)) {
    if (close->session != nullptr)
      return close->session->closeWithoutThread(std::move(close->finish));
    owner_.closedWithoutThread();
  }
}

void CommandQueue::take(std::vector<Submission>& batch) {
  const base::Lock lock(mutex_);
  batch.swap(queue_);
  woken_ = false;
}

void CommandQueue::trim() {
  const base::Lock lock(mutex_);
  if (queue_.empty()) queue_.shrink_to_fit();
}

void CommandQueue::ended() {
  const base::Lock lock(mutex_);
  in_use_ = false;
}

}  // namespace kith::client
