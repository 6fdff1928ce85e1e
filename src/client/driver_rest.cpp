// SPDX-License-Identifier: Apache-2.0
// Reads over HTTP (avos-v1 §11), each with a signature where there is a signer.
#include <memory>
#include <utility>

#include "client/driver.hpp"
#include "client/manager_impl.hpp"
#include "client/rest_calls.hpp"

namespace kith::client {
namespace {

// As many as an io thread takes HTTP requests: those that wait for the signer are bounded, too.
constexpr std::size_t kMostReads = 4096;

Error closedRead() {
  return {Errc::Closed, 0, "closed by the application before the operation ended", false};
}

}  // namespace

net::HttpRequest Driver::httpRequest(std::string url) const {
  const Options& options = manager_.options();
  warnOfAnyCertificate(url);
  net::HttpRequest request;
  request.url = std::move(url);
  request.timeout = options.connect_timeout;
  request.tls = options.tls;
  request.proxy = options.proxy;
  return request;
}

void Driver::read(const std::shared_ptr<SessionImpl>& session, std::unique_ptr<RestRead> read) {
  if (reads_.size() >= kMostReads) {
    return read->fail(
        {Errc::QueueFull, 0, "http: too many reads are under way; wait for one", false});
  }
  const std::uint64_t id = next_read_++;
  reads_.emplace(id, PendingRead{session, std::move(read), nullptr});
  continueRead(id);
}

void Driver::continueRead(std::uint64_t id) {
  const Options& options = manager_.options();
  PendingRead& pending = reads_.at(id);
  if (options.signature_factory == nullptr) return sendRead(id, nullptr);
  pending.patience = manager_.loop()->makeTimer([this, id] {
    proofReady(
        id, Error{Errc::Timeout, 0,
                  "the signature factory did not answer within Options::signature_timeout", false});
    settle();
  });
  pending.patience->arm(now().mono + options.signature_timeout);
  askSigner(pending.read->toSign(), [id](Driver& driver, Result<Signature>&& signature) {
    driver.proofReady(id, signature);
  });
}

void Driver::proofReady(std::uint64_t id, const Result<Signature>& proof) {
  const auto found = reads_.find(id);
  if (found == reads_.end()) return;
  found->second.patience = nullptr;
  if (proof.ok()) return sendRead(id, &*proof);
  const auto read = std::move(found->second.read);
  reads_.erase(found);
  read->fail(proof.error());
}

void Driver::sendRead(std::uint64_t id, const Signature* proof) {
  const RestRead& read = *reads_.at(id).read;
  net::HttpRequest request = httpRequest(read.url(proof));
  request.headers = httpHeaders(manager_.options());
  request.max_answer_bytes = read.answerBytes();
  manager_.loop()->http(std::move(request), [this, id, weak = manager_.weak_from_this()](
                                                const Result<net::HttpAnswer>& answer) {
    const auto alive = weak.lock();
    if (alive == nullptr) return;
    const auto found = reads_.find(id);
    if (found == reads_.end()) return;
    if (found->second.read->take(answer)) {
      continueRead(id);
    } else {
      reads_.erase(id);
    }
    settle();
  });
}

void Driver::cancelReads(const SessionImpl* session) {
  for (auto at = reads_.begin(); at != reads_.end();) {
    if (at->second.session.get() != session) {
      ++at;
      continue;
    }
    const auto read = std::move(at->second.read);
    at = reads_.erase(at);
    read->fail(closedRead());
  }
}

// Not session by session: each would walk over all reads.
void Driver::cancelAllReads() {
  for (auto& [id, pending] : std::exchange(reads_, {})) pending.read->fail(closedRead());
}

}  // namespace kith::client
