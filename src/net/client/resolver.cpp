// SPDX-License-Identifier: Apache-2.0
#include "net/client/resolver.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <deque>
#include <netdb.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

#include "base/fork.hpp"
#include "base/sync.hpp"
#include "base/threads.hpp"
#include "net/client/loop.hpp"

namespace kith::net {
namespace {

/// Names looked up at a time; more wait.
constexpr std::size_t kMaxThreads = 8;
/// Names of the whole process that wait for their turn.
constexpr std::size_t kMaxJobs = 16384;
/// Addresses tried for one name.
constexpr std::size_t kMaxAddresses = 8;

Addresses notResolved(const std::string& host, const std::string& why) {
  return Error{
      Errc::NameNotResolved, 0,
      "dns: " + host + " could not be resolved (" + why + "); check the name and the network",
      false};
}

Addresses systemLookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failure != 0) return notResolved(host, ::gai_strerror(failure));
  std::vector<std::string> addresses;
  for (const addrinfo* at = found; at != nullptr && addresses.size() < kMaxAddresses;
       at = at->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(at->ai_addr, at->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    std::string address(text.data());
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(std::move(address));
    }
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) return notResolved(host, "no address");
  return addresses;
}

struct Job {
  std::string host;
  std::function<void(Addresses)> done;
};

/// A look-up may outlive main() by many seconds, and is not joined.
struct Pool {
  base::Mutex mutex;
  std::deque<Job> jobs KITH_GUARDED_BY(mutex);
  std::size_t threads KITH_GUARDED_BY(mutex){0};
  Resolver resolver KITH_GUARDED_BY(mutex){systemLookUp};
};

Pool& thePool() { return base::OfProcess<Pool>::get(); }

void work() {
  Pool& pool = thePool();
  for (;;) {
    Job job;
    Resolver resolver;
    {
      const base::Lock lock(pool.mutex);
      if (pool.jobs.empty()) {
        --pool.threads;
        return;
      }
      job = std::move(pool.jobs.front());
      pool.jobs.pop_front();
      resolver = pool.resolver;
    }
    Addresses answer = resolver(job.host);
    if (answer && answer->empty()) answer = notResolved(job.host, "no address");
    job.done(std::move(answer));
  }
}

}  // namespace

bool isNumericAddress(const std::string& host) {
  in6_addr room{};
  return ::inet_pton(AF_INET, host.c_str(), &room) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

void lookUp(std::string host, std::function<void(Addresses)> done) {
  Pool& pool = thePool();
  base::Lock lock(pool.mutex);
  if (pool.jobs.size() >= kMaxJobs) {
    lock.unlock();
    return done(notResolved(host, "too many names are being looked up"));
  }
  pool.jobs.push_back({std::move(host), std::move(done)});
  if (pool.threads == kMaxThreads) return;
  try {
    base::startWorker("kith-dns", work).thread.detach();
    ++pool.threads;
  } catch (const std::system_error&) {
    if (pool.threads > 0) return;  // one of those that run will take it
    Job job = std::move(pool.jobs.back());
    pool.jobs.pop_back();
    lock.unlock();
    job.done(notResolved(job.host, "no more threads"));
  }
}

void setResolverForTests(Resolver resolver) {
  Pool& pool = thePool();
  const base::Lock lock(pool.mutex);
  pool.resolver = resolver ? std::move(resolver) : Resolver(systemLookUp);
}

}  // namespace kith::net
