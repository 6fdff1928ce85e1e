// SPDX-License-Identifier: Apache-2.0
// Questions to the application's signer, and its answers.
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "client/driver.hpp"
#include "client/manager_impl.hpp"

namespace kith::client {

void Driver::requestSignature(engine::SignatureId id, const SignatureRequest& request) {
  askSigner(request, [id](Driver& driver, Result<Signature>&& signature) {
    driver.engine_.signatureReady(id, std::move(signature), driver.now());
  });
}

void Driver::askSigner(const SignatureRequest& request, Signed then) {
  struct Question {
    std::atomic<bool> answered{false};
    Signed then;
  };
  auto question = std::make_shared<Question>();
  question->then = std::move(then);
  auto answer = [question, weak = manager_.weak_from_this()](Result<Signature> signature) {
    if (question->answered.exchange(true)) return;
    const auto manager = weak.lock();
    if (manager == nullptr) return;
    manager->submit(
        DriverCall([question, signature = std::move(signature)](Driver* driver) mutable {
          if (driver == nullptr) return;
          driver->tellSignerFault(signature);
          question->then(*driver, std::move(signature));
        }));
  };
  // Not through the strand's own guard: who throws instead of answering has refused.
  auto ask = [factory = manager_.options().signature_factory, manager = manager_.weak_from_this(),
              request, answer] {
    const auto owner = manager.lock();
    if (owner == nullptr) return;
    const bool answered = owner->guard().run("createSignature", request.peer_id,
                                             [&] { factory->createSignature(request, answer); });
    if (!answered) {
      answer(Error{Errc::SignatureRefused, 0, "the signature factory threw an exception", false});
    }
  };
  manager_.strand().push(Call{"createSignature", std::move(ask)});
}

/// Once, however many sessions and tries meet it.
void Driver::tellSignerFault(const Result<Signature>& signature) {
  if (signature.ok()) return signer_fault_.clear();
  const std::string& why = signature.error().detail;
  if (why == signer_fault_) return;
  signer_fault_ = why;
  manager_.log().log(LogLevel::Warn, "client", [&] {
    return "no signature: " + std::string(errcName(signature.error().code)) + ": " + why;
  });
}

}  // namespace kith::client
