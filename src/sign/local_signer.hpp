// SPDX-License-Identifier: Apache-2.0
// Answers a SignatureRequest with a key at hand: LocalSignatureFactory, kithd's example signers and
// tests. The Signer's thread.
#pragma once

#include <kith/signature.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "sign/signer.hpp"

namespace kith::sign {

/// The word for a group action in the signed string, and in `/group_sign`; empty for Open, Watch
/// and History.
std::string_view actionWord(SignedAction action);

/// The field of `request` with a colon, `peer_ids[1]` say, or empty. The signed text joins ids by
/// colons: one inside of an id makes it the text of another request, too.
std::string fieldWithColon(const SignatureRequest& request);

/// Signs all of `request.peer_ids`, with a fresh nonce. An empty `signature` means OpenSSL failed.
kith::Signature makeSignature(Signer& signer, const SignatureRequest& request,
                              std::int64_t now_seconds, base::Random& random);

}  // namespace kith::sign
