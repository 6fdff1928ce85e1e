// SPDX-License-Identifier: Apache-2.0
// What a peer may do: the application's own server signs (avos-v1 §10). Implement SignatureFactory,
// or take one of the two ready-made ones.
#pragma once

#include <kith/export.hpp>
#include <kith/options.hpp>
#include <kith/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kith {

/// What is to be signed.
enum class SignedAction {
  /// Opening a session with a watch list (also each time it resumes).
  Open,
  /// Adding to the watch list.
  Watch,
  /// Joining or creating a group.
  Join,
  /// Inviting peers into a group.
  Invite,
  /// Removing peers from a group.
  Kick,
  /// Reading the history of a conversation (avos-v1 §11.2).
  History,
  /// Reading the members of a group.
  Members,
  /// Keeping peers out of a conversation (leancloud-current §5.1).
  Block,
  /// Letting peers that were kept out come in again.
  Unblock,
};

/// One question to the signer.
struct SignatureRequest {
  /// What the peer wants to do.
  SignedAction action{SignedAction::Open};
  /// The application.
  std::string app_id;
  /// The peer that wants to do it.
  std::string peer_id;
  /// The group for Join, Invite, Kick, Members, Block and Unblock, and for the History of one;
  /// empty when a group is being created, and for the history of peers.
  std::string group_id;
  /// The peers to watch, invite, kick or block, in the order the application gave; may be empty.
  /// For the History of peers: the others of the conversation. What is signed is its id, which the
  /// signer makes of them and `peer_id` (§11.2 `convid`), so that none can be asked for by its id.
  std::vector<std::string> peer_ids;

  /// Members are compared one by one.
  friend bool operator==(const SignatureRequest& a, const SignatureRequest& b) {
    return a.action == b.action && a.app_id == b.app_id && a.peer_id == b.peer_id &&
           a.group_id == b.group_id && a.peer_ids == b.peer_ids;
  }
};

/// The signer's answer: the four fields of the original SDKs.
struct Signature {
  /// HMAC-SHA1 in 40 hex digits.
  std::string signature;
  /// Seconds since the Unix epoch that were signed.
  std::int64_t timestamp{0};
  /// The text that makes this signature unique.
  std::string nonce;
  /// The peers that were signed. The signer may return fewer than asked: exactly these are sent.
  std::vector<std::string> signed_peer_ids;

  /// Members are compared one by one.
  friend bool operator==(const Signature& a, const Signature& b) {
    return a.signature == b.signature && a.timestamp == b.timestamp && a.nonce == b.nonce &&
           a.signed_peer_ids == b.signed_peer_ids;
  }
};

/// Takes the signer's answer. Call it once, from any thread; further calls do nothing.
using SignatureCallback = std::function<void(Result<Signature>)>;

/// Asks the holder of the master key. An error that may pass is told by `onReconnecting` and asked
/// again later, not before `Error::retry_after`: a retryable one (codes 200-299), `ProxyAuth`, and
/// TLS faults (`TlsUntrusted` to `TlsProtocol`), as on the way to the server. An operation other
/// than an open is given up after three tries. Any other error refuses the operation and, for an
/// open, closes the session.
class KITH_EXPORT SignatureFactory {
 public:
  virtual ~SignatureFactory();

  /// Starts to sign `request` and calls `done` once, now or later, from any thread. When it takes
  /// longer than `Options::signature_timeout` the operation goes on as if `Errc::Timeout` came.
  /// Thread: the executor. Blocks: must not. Callback: `done`, once. Lifetime: copy what you keep.
  virtual void createSignature(const SignatureRequest& request, SignatureCallback done) = 0;
};

/// What a signer does with ids that hold a `:`. The signed text joins ids by `:` (avos-v1 §10), so
/// what is signed for a peer `a` that watches `b:` opens the peer `a:b` as well.
enum class Colons {
  /// They are not signed.
  Refuse,
  /// They are signed: no two ids of the app may meet once they are joined, and its server has to
  /// have `AppOptions::allow_colons`.
  Allow,
};

/// Signs here, with the master key in this process. For tests and for bots that run on your own
/// server: an app that ships the master key gives it away.
class KITH_EXPORT LocalSignatureFactory : public SignatureFactory {
 public:
  /// A factory for one app's master key. With Colons::Refuse, the default, a request whose app,
  /// peer, group or peers hold a `:` gets `SignatureRefused`, which names the field.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: copies its arguments.
  static std::shared_ptr<LocalSignatureFactory> make(std::string master_key,
                                                     Colons colons = Colons::Refuse);
};

/// Where and how HttpSignatureFactory asks.
struct HttpSignatureOptions {
  /// Base URL, for example `https://chat.example.com`; `/sign`, `/group_sign` and `/history_sign`
  /// are appended.
  std::string url;
  /// Further header lines, for example `Authorization: Bearer ...`. Never logged.
  std::vector<std::string> headers{};
  /// The whole request may take this long. Default 10 s.
  std::chrono::milliseconds timeout{10000};
  /// How the server's certificate is checked.
  TlsOptions tls{};
  /// The proxy on the way to it.
  ProxyOptions proxy{};
};

/// Asks the application's server over HTTP with the vendor's contract: `POST /sign` and
/// `POST /group_sign` (avos-v1 §10), and for reading with its like: `POST /history_sign`, and the
/// action `members` of `/group_sign` (docs/decisions/019). Any 2xx answer is read. A 4xx answer is
/// a refusal (`SignatureRefused`) but for 408, 421, 425 and 429, and for one that is a web page: a
/// firewall or gateway wrote that. These and everything else are tried again, not before the
/// answer's `Retry-After`. A redirect is followed to another path of the same server, at most three
/// times.
class KITH_EXPORT HttpSignatureFactory : public SignatureFactory {
 public:
  /// Fails with `InvalidArgument` for a URL that is not http or https.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: copies its arguments.
  static Result<std::shared_ptr<HttpSignatureFactory>> make(HttpSignatureOptions options);
};

}  // namespace kith
