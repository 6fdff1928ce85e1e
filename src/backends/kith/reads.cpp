// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/reads.hpp"

#include <utility>

#include "backends/kith/rest_calls.hpp"

namespace kith::backends {
namespace {

// As many as an io thread takes HTTP requests: those that wait for the signer are bounded, too.
constexpr std::size_t kMostReads = 4096;

Error closedRead() {
  return {Errc::Closed, 0, "closed by the application before the operation ended", false};
}

}  // namespace

void Reads::start(SessionRef session, std::unique_ptr<RestRead> read) {
  if (pending_.size() >= kMostReads) {
    return read->fail(
        {Errc::QueueFull, 0, "http: too many reads are under way; wait for one", false});
  }
  const std::uint64_t id = next_++;
  pending_.emplace(id, Pending{session, std::move(read), nullptr});
  goOn(id);
}

void Reads::goOn(std::uint64_t id) {
  const Options& options = context_.options();
  Pending& pending = pending_.at(id);
  if (options.signature_factory == nullptr) return request(id, nullptr);
  pending.patience = context_.loop().makeTimer([this, id] {
    signedAs(
        id, Error{Errc::Timeout, 0,
                  "the signature factory did not answer within Options::signature_timeout", false});
    context_.turnEnded();
  });
  pending.patience->arm(context_.now().mono + options.signature_timeout);
  signer_.ask(pending.read->toSign(),
              [this, id](Result<Signature>&& signature) { signedAs(id, signature); });
}

void Reads::signedAs(std::uint64_t id, const Result<Signature>& proof) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  context_.loop().dropLater(std::move(found->second.patience));
  if (proof.ok()) return request(id, &*proof);
  const auto read = std::move(found->second.read);
  pending_.erase(found);
  read->fail(proof.error());
}

void Reads::request(std::uint64_t id, const Signature* proof) {
  const RestRead& read = *pending_.at(id).read;
  net::HttpRequest request = context_.httpRequest(read.url(proof));
  request.headers = httpHeaders(context_.options());
  request.max_answer_bytes = read.answerBytes();
  context_.loop().http(std::move(request),
                       [this, id, life = context_.life()](const Result<net::HttpAnswer>& answer) {
                         if (life.expired()) return;
                         answered(id, answer);
                         context_.turnEnded();
                       });
}

void Reads::answered(std::uint64_t id, const Result<net::HttpAnswer>& answer) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  if (found->second.read->take(answer)) {
    goOn(id);
  } else {
    pending_.erase(id);
  }
}

void Reads::cancel(SessionRef session) {
  for (auto at = pending_.begin(); at != pending_.end();) {
    if (at->second.session != session) {
      ++at;
      continue;
    }
    const auto read = std::move(at->second.read);
    at = pending_.erase(at);
    read->fail(closedRead());
  }
}

// Not session by session: each would walk over all reads.
void Reads::cancelAll() {
  for (auto& [id, pending] : std::exchange(pending_, {})) pending.read->fail(closedRead());
}

}  // namespace kith::backends
