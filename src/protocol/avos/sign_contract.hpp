// SPDX-License-Identifier: Apache-2.0
// How an application's server is asked to sign: `POST /sign` and `POST /group_sign` (avos-v1 §10,
// last paragraph), and `POST /history_sign`, its like for reading (decision 019). Both halves, for
// HttpSignatureFactory and for servers that answer it. Pure; any thread.
#pragma once

#include <kith/result.hpp>
#include <kith/signature.hpp>

#include <string>
#include <string_view>

namespace kith::avos {

/// `"/sign"` for Open and Watch, `"/history_sign"` for History, `"/group_sign"` for the others.
std::string_view signPath(SignedAction action);

/// The body to post to signPath().
std::string formatSignRequest(const SignatureRequest& request);

/// The body of a good answer. ServerBusy, which is tried again, for what is no JSON object:
/// a proxy on the way answered, or a server that is just starting; and for an object that
/// says so itself, with an `error` and a `code` of 408, 425, 429 or 500-599. SignatureRefused, with
/// the signer's own `error` if it has one, for another object without a signature.
///
/// Of what languages make of the contract's fields a number is taken for the nonce, and `123.0` or
/// a text for the timestamp: that says the same. It must be what was signed.
Result<Signature> parseSignAnswer(std::string_view body, const SignatureRequest& request);

/// What a signing server is asked.
struct SignCall {
  SignatureRequest request;  ///< without app_id, which the contract leaves to the server
  bool is_super{false};
};

/// A body that came to `/sign` (`group` false; the action is Open) or `/group_sign` (`group` true).
/// InvalidArgument names the member that is wrong.
Result<SignCall> parseSignCall(std::string_view body, bool group);
/// A body that came to `/history_sign`; it names either a group or peers.
Result<SignCall> parseHistorySignCall(std::string_view body);

/// The body of the answer.
std::string formatSignAnswer(const SignCall& call, const Signature& signature);

}  // namespace kith::avos
