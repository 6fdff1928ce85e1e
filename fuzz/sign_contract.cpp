// SPDX-License-Identifier: Apache-2.0
// Both halves of the signing contract: any call and any answer is parsed or refused, and what was
// parsed goes round.
#include "protocol/avos/sign_contract.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const bool group : {false, true}) {
    const auto call = kith::avos::parseSignCall(body, group);
    if (!call) continue;
    const auto again =
        kith::avos::parseSignCall(kith::avos::formatSignRequest(call->request), group);
    if (!again || !(again->request == call->request)) std::abort();
  }
  if (const auto call = kith::avos::parseHistorySignCall(body); call) {
    const auto again =
        kith::avos::parseHistorySignCall(kith::avos::formatSignRequest(call->request));
    if (!again || !(again->request == call->request)) std::abort();
  }
  const kith::SignatureRequest request{kith::SignedAction::Invite, "app", "p", "g", {"a"}};
  if (const auto answer = kith::avos::parseSignAnswer(body, request); answer) {
    const kith::avos::SignCall call{request, false};
    const auto again =
        kith::avos::parseSignAnswer(kith::avos::formatSignAnswer(call, *answer), request);
    if (!again || !(*again == *answer)) std::abort();
  }
  return 0;
}
