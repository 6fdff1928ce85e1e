// SPDX-License-Identifier: Apache-2.0
#include "server/front/outbound_desk.hpp"

#include <optional>
#include <system_error>

namespace kith::front {

void OutboundDesk::end() {
  ended_ = true;
  queue_.end();
  for (base::Worker& worker : workers_) worker.thread.join();
  workers_.clear();
}

// As many threads as there are questions, up to the bound: most servers never have one.
bool OutboundDesk::startThread() {
  if (workers_.size() == kOutboundThreads || workers_.size() > queue_.unanswered()) return true;
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
  if (ended_ || queue_.unanswered() >= kOutboundCalls || before >= kOutboundCallsPerAddress) {
    return Begun::Busy;
  }
  if (!startThread()) return Begun::Busy;
  queue_.put({request, from, std::move(work)});
  ++of_addresses_[from];
  return Begun::Yes;
}

std::vector<OutboundDesk::Done> OutboundDesk::take() {
  std::vector<Done> done = queue_.take();
  for (const Done& each : done) {
    const auto of_address = of_addresses_.find(each.from);
    if (--of_address->second == 0) of_addresses_.erase(of_address);
  }
  return done;
}

void OutboundDesk::run() {
  while (std::optional<Job> job = queue_.next()) {
    net::HttpReply reply = job->work(outbound_);
    queue_.finish({job->request, job->from, std::move(reply)});
    job.reset();
    wake_();
  }
}

}  // namespace kith::front
