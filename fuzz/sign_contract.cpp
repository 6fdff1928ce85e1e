// SPDX-License-Identifier: Apache-2.0
// Both halves of the signing contract: any call and any answer is parsed or refused, and what was
// parsed goes round.
#include "wire/sign_contract.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const bool group : {false, true}) {
    const auto call = kith::wire::parseSignCall(body, group);
    if (!call) continue;
    const auto again =
        kith::wire::parseSignCall(kith::wire::formatSignRequest(call->request), group);
    if (!again || !(again->request == call->request)) std::abort();
  }
  if (const auto call = kith::wire::parseHistorySignCall(body); call) {
    const auto again =
        kith::wire::parseHistorySignCall(kith::wire::formatSignRequest(call->request));
    if (!again || !(again->request == call->request)) std::abort();
  }
  const kith::SignatureRequest request{kith::SignedAction::Invite, "app", "p", "g", {"a"}};
  if (const auto answer = kith::wire::parseSignAnswer(body, request); answer) {
    const kith::wire::SignCall call{request, false};
    const auto again =
        kith::wire::parseSignAnswer(kith::wire::formatSignAnswer(call, *answer), request);
    if (!again || !(*again == *answer)) std::abort();
  }
  return 0;
}
