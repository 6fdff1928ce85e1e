// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/signer.hpp"

#include <atomic>
#include <memory>
#include <utility>

#include "dispatch/app_strand.hpp"

namespace kith::backends {

void Signer::ask(const SignatureRequest& request, Answered answered) {
  struct Question {
    std::atomic<bool> answered{false};
    Answered then;
  };
  auto question = std::make_shared<Question>();
  question->then = std::move(answered);
  auto answer = [this, question, loop = context_.sharedLoop(),
                 life = context_.life()](Result<Signature> signature) {
    if (question->answered.exchange(true)) return;
    loop->post([this, question, life, signature = std::move(signature)]() mutable {
      if (life.expired()) return;
      noteFault(signature);
      question->then(std::move(signature));
      context_.turnEnded();
    });
  };
  // Not through the strand's own guard: a factory that throws instead of answering has refused.
  auto ask = [factory = context_.options().signature_factory, strand = context_.executor(),
              life = context_.life(), request, answer] {
    if (life.expired()) return;
    const bool returned = strand->guard().run("createSignature", request.peer_id,
                                              [&] { factory->createSignature(request, answer); });
    if (!returned) {
      answer(Error{Errc::SignatureRefused, 0, "the signature factory threw an exception", false});
    }
  };
  context_.executor()->push({"createSignature", std::move(ask)});
}

/// Once, however many sessions and tries meet it.
void Signer::noteFault(const Result<Signature>& signature) {
  if (signature.ok()) return fault_.clear();
  const std::string& why = signature.error().detail;
  if (why == fault_) return;
  fault_ = why;
  context_.log().log(LogLevel::Warn, "client", [&] {
    return "no signature: " + std::string(errcName(signature.error().code)) + ": " + why;
  });
}

}  // namespace kith::backends
