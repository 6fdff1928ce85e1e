// SPDX-License-Identifier: Apache-2.0
#include "server/front/outbound_desk.hpp"

#include <system_error>

namespace kith::front {

void OutboundDesk::end() {
  ended_ = true;
  {
    const base::Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notifyAll();
  for (base::Worker& worker : workers_) worker.thread.join();
  workers_.clear();
}

// As many threads as there are questions, up to the bound: most servers never have one.
bool OutboundDesk::startThread() {
  if (workers_.size() == kOutboundThreads || workers_.size() > unanswered_) return true;
  try {
    workers_.push_back(base::startWorker("kith-outbound", [this] { run(); }));
  } catch (const std::system_error&) {
    return !workers_.empty();
  }
  return true;
}

OutboundDesk::Begun OutboundDesk::begin(net::RequestId request, net::AddressKey from, Work work) {
  if (!outbound_) return Begun::NoWay;
  const auto of_address = of_addresses_.find(from);
  const std::size_t before = of_address != of_addresses_.end() ? of_address->second : 0;
  if (ended_ || unanswered_ >= kOutboundCalls || before >= kOutboundCallsPerAddress) {
    return Begun::Busy;
  }
  if (!startThread()) return Begun::Busy;
  {
    const base::Lock lock(mutex_);
    jobs_.push_back({request, from, std::move(work)});
  }
  ++unanswered_;
  ++of_addresses_[from];
  changed_.notifyOne();
  return Begun::Yes;
}

std::vector<OutboundDesk::Done> OutboundDesk::take() {
  if (unanswered_ == 0) return {};
  std::vector<Done> done;
  {
    const base::Lock lock(mutex_);
    done.swap(done_);
  }
  unanswered_ -= done.size();
  for (const Done& each : done) {
    const auto of_address = of_addresses_.find(each.from);
    if (--of_address->second == 0) of_addresses_.erase(of_address);
  }
  return done;
}

std::optional<OutboundDesk::Job> OutboundDesk::next() {
  base::Lock lock(mutex_);
  while (jobs_.empty() && !ending_) changed_.wait(lock);
  if (ending_) return std::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

void OutboundDesk::run() {
  while (std::optional<Job> job = next()) {
    net::HttpReply reply = job->work(outbound_);
    {
      const base::Lock lock(mutex_);
      done_.push_back({job->request, job->from, std::move(reply)});
    }
    job.reset();
    wake_();
  }
}

}  // namespace kith::front
