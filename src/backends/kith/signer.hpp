// SPDX-License-Identifier: Apache-2.0
// Questions to the application's SignatureFactory, and its answers. Owned by KithBackend; loop
// thread only.
#pragma once

#include <kith/signature.hpp>

#include <functional>
#include <string>

#include "backends/kith/context.hpp"

namespace kith::backends {

class Signer {
 public:
  /// Called once at most, on the loop's thread: a factory may never answer. The turn ends after it.
  using Answered = std::function<void(Result<Signature>&&)>;

  explicit Signer(const Context& context) : context_(context) {}

  void ask(const SignatureRequest& request, Answered answered);

 private:
  void noteFault(const Result<Signature>& signature);

  const Context& context_;
  std::string fault_;  // was logged; empty since the last signature
};

}  // namespace kith::backends
