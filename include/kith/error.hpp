// SPDX-License-Identifier: Apache-2.0
// Why an operation failed, as a value. Plain data; copy it freely, on any thread.
#pragma once

#include <kith/export.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace kith {

/// Every way an operation can fail, grouped by what the caller should do. The numbers are stable:
/// the C ABI and logs use them.
enum class Errc : std::int32_t {
  /// No error. Never the code of a failed `Result`.
  Ok = 0,

  // --- fix the call -----------------------------------------------------------------------------
  /// An argument or option is missing, empty, malformed or out of range; the detail names it.
  InvalidArgument = 100,
  /// A peer id is empty, longer than `limits::kPeerIdChars`, not UTF-8, or has control characters.
  InvalidPeerId = 101,
  /// The message, with its envelope, is longer than `limits::kFrameBytes`.
  MessageTooLong = 102,
  /// More peers than one call, or one watch list, may name.
  TooManyPeers = 103,
  /// The session was never opened, or was closed; call `open()` first.
  NotOpen = 104,
  /// `open()` on a session that is open or opening.
  AlreadyOpen = 105,

  // --- wait, or try again -----------------------------------------------------------------------
  /// The outbox holds as many messages or bytes as the options allow; wait for a completion.
  QueueFull = 200,
  /// The other side did not answer within the option's time.
  Timeout = 201,
  /// The message waited longer than `OutboxOptions::expiry` and was given up.
  Expired = 202,
  /// The connection is down or was lost.
  NetworkDown = 203,
  /// The host name could not be resolved.
  NameNotResolved = 204,
  /// The host answered, but not as a WebSocket server, or it refused the connection.
  ConnectionRefused = 205,
  /// The router could not be asked, or gave no usable answer.
  RouterFailed = 206,
  /// The HTTP proxy could not be reached or refused to connect.
  ProxyRefused = 207,
  /// The server is overloaded, restarting, or had an internal fault (close 1013, 4200).
  ServerBusy = 208,
  /// The session is paused and the operation cannot wait for the connection.
  Paused = 209,
  /// The device's store could not be read or written (disk full or read-only, in use by another
  /// process); sessions go on without it.
  StoreFailed = 210,

  // --- ask the user or the signer again ---------------------------------------------------------
  /// The signature factory failed or declined to sign.
  SignatureRefused = 300,
  /// The server did not accept the signature (4102, 4302).
  SignatureFailed = 301,
  /// The proxy wants other credentials (HTTP 407).
  ProxyAuth = 302,

  // --- give up, or change the plan --------------------------------------------------------------
  /// The server does not know the app id, or the app may not use messaging (4100).
  AppNotAvailable = 400,
  /// This peer was logged out from elsewhere (4111, 4115).
  Kicked = 401,
  /// This peer is barred from the service (4106).
  Blacklisted = 402,
  /// The receiver is not watched, or the sender is not in the group (4401).
  InvalidTarget = 403,
  /// The app's server or policy refused the operation (4305, 4402, 4116 and others).
  Rejected = 404,
  /// There is no group with this id (4303).
  GroupNotFound = 405,
  /// The group has as many members as the app allows (4304).
  GroupFull = 406,
  /// Only members may do this (4317).
  NotAMember = 407,
  /// The server's certificate was issued by an authority that is not trusted.
  TlsUntrusted = 408,
  /// The server's certificate is for another name.
  TlsHostname = 409,
  /// The server's certificate has expired, or is not valid yet.
  TlsExpired = 410,
  /// TLS itself failed: version, cipher, client certificate, or it is no TLS server.
  TlsProtocol = 411,
  /// The session or manager was closed by the application before the operation ended.
  Closed = 412,
  /// The service does not have this; `SessionManager::capabilities()` says what it has.
  NotSupported = 413,

  // --- report a bug -----------------------------------------------------------------------------
  /// The other side broke the protocol; the detail says how.
  ProtocolError = 500,
  /// A fault inside Kith.
  Internal = 501,
};

/// The name of a code as it is spelled above, for example `"QueueFull"`. Never empty.
/// Thread: any. Blocks: never. Callback: none. Lifetime: static storage.
KITH_EXPORT std::string_view errcName(Errc code) noexcept;

/// One failure: what, where, what next.
struct Error {
  /// The kind of failure.
  Errc code{Errc::Internal};
  /// The service's own number (avos-v1 §6.2), or 0 when the failure did not come from the server.
  int server_code{0};
  /// One sentence for a person: what failed, where, and what to change. Holds no secrets.
  std::string detail;
  /// For a failed send: true when the server may have accepted the message all the same, so that
  /// sending it again as a *new* message may show it twice.
  bool may_have_arrived{false};
  /// Least time to wait before the same is tried again, when the other side named one
  /// (`Retry-After` of HTTP); zero when it did not. The SDK's own tries keep to it, up to
  /// `ReconnectOptions::max_delay`.
  std::chrono::milliseconds retry_after{0};

  /// True when the same call may succeed later without a change (codes 200-299).
  /// Thread: any. Blocks: never. Callback: none. Lifetime: none.
  KITH_EXPORT bool retryable() const noexcept;

  /// Members are compared one by one.
  friend bool operator==(const Error& a, const Error& b) {
    return a.code == b.code && a.server_code == b.server_code && a.detail == b.detail &&
           a.may_have_arrived == b.may_have_arrived && a.retry_after == b.retry_after;
  }
  /// Members are compared one by one.
  friend bool operator!=(const Error& a, const Error& b) { return !(a == b); }
};

/// Prints `Name (server code): detail`.
/// Thread: any. Blocks: never. Callback: none. Lifetime: none.
KITH_EXPORT std::ostream& operator<<(std::ostream& out, const Error& error);

}  // namespace kith
