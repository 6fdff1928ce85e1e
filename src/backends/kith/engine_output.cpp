// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine_output.hpp"

namespace kith::backends {

EngineOutput::EngineOutput(const Context& context, engine::ClientEngine& engine, Signer& signer,
                           BackendUser& user)
    : context_(context),
      engine_(engine),
      signer_(signer),
      user_(user),
      connection_(context, *this),
      router_(context,
              [this](Result<base::Route> route) {
                engine_.routeAnswered(std::move(route), context_.now());
              }),
      store_(context, storeAnswers()) {}

StoreKeeper::Answers EngineOutput::storeAnswers() {
  return {[this](std::size_t count, Result<void> result) {
            engine_.kept(count, std::move(result), context_.now());
            if (!last_outcome_ || store_.waiting() != 0) return;
            user_.done(last_op_, std::move(*std::exchange(last_outcome_, std::nullopt)));
          },
          [this](SessionRef session, Result<StoredPeer> peer) {
            engine_.loaded(session, std::move(peer), context_.now());
          }};
}

void EngineOutput::requestSignature(engine::SignatureId id, const SignatureRequest& request) {
  signer_.ask(request, [this, id](Result<Signature>&& signature) {
    engine_.signatureReady(id, std::move(signature), context_.now());
  });
}

void EngineOutput::done(OpId op, Outcome&& outcome) {
  if (op == last_op_ && store_.waiting() != 0) {
    last_outcome_ = std::move(outcome);
  } else {
    user_.done(op, std::move(outcome));
  }
}

void EngineOutput::onUp(bool knows_conversations) {
  context_.log().log(LogLevel::Debug, "client", "connected");
  engine_.transportUp(context_.now(), knows_conversations);
  context_.turnEnded();
}

void EngineOutput::onFrame(const avos::Frame& frame) { engine_.received(frame, context_.now()); }

void EngineOutput::onCommand(const leancloud::Command& command) {
  engine_.received(command, context_.now());
}

void EngineOutput::onGarbage(const Error& error) {
  context_.log().log(LogLevel::Warn, "client",
                     [&] { return "the server sent what is no frame: " + error.detail; });
  engine_.receivedGarbage(error, context_.now());
}

void EngineOutput::onHeard() { engine_.heard(context_.now()); }

void EngineOutput::onDown(int code, const Error& error) {
  context_.log().log(last_op_ != 0 ? LogLevel::Debug : LogLevel::Warn, "client", [&] {
    return "connection ended: close code " + std::to_string(code) + ", " +
           std::string(errcName(error.code)) + ": " + error.detail;
  });
  engine_.transportDown(code, error, context_.now());
  context_.turnEnded();
}

}  // namespace kith::backends
