// SPDX-License-Identifier: Apache-2.0
// Questions to apps' own servers, a few at a time, each on a thread that waits for its answer. The
// threads begin with the first questions. Owned by the front, loop thread only.
#pragma once

#include <kith/outbound.hpp>

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/seeded_hash.hpp"
#include "base/threads.hpp"
#include "server/front/job_queue.hpp"
#include "server/rest/rest_host.hpp"

namespace kith::front {

/// Questions that are asked at a time, that wait or are asked, and those of one address.
inline constexpr std::size_t kOutboundThreads = 4;
inline constexpr std::size_t kOutboundCalls = 64;
inline constexpr std::size_t kOutboundCallsPerAddress = 16;

class OutboundDesk {
 public:
  using Work = rest::OutboundHost::Work;
  using Begun = rest::OutboundHost::Begun;

  /// `outbound` empty: there is no way. `wake` is called on another thread when take() has
  /// something.
  OutboundDesk(Outbound outbound, std::function<void()> wake)
      : outbound_(std::move(outbound)), wake_(std::move(wake)) {}
  ~OutboundDesk() { end(); }
  OutboundDesk(const OutboundDesk&) = delete;
  OutboundDesk& operator=(const OutboundDesk&) = delete;

  Begun begin(net::RequestId request, net::AddressKey from, Work work);
  struct Done {
    net::RequestId request;
    net::AddressKey from;
    net::HttpReply reply;
  };
  /// What is answered since the last call.
  std::vector<Done> take();
  /// Waits for what is asked now; the others are dropped, and no more are taken.
  void end();
  /// Something is to be asked, or taken.
  bool busy() const { return queue_.unanswered() > 0; }

 private:
  struct Job {
    net::RequestId request;
    net::AddressKey from;
    Work work;
  };
  /// False: there is no thread, and none to be had.
  bool startThread();
  void run();

  const Outbound outbound_;
  const std::function<void()> wake_;
  std::unordered_map<net::AddressKey, std::size_t, base::NumberHash>
      of_addresses_;  ///< how many of each
  bool ended_{false};
  std::vector<base::Worker> workers_;
  JobQueue<Job, Done> queue_;
};

}  // namespace kith::front
