// SPDX-License-Identifier: Apache-2.0
// The bodies of <kith/error.hpp>. Any thread.
#include <kith/error.hpp>

#include <ostream>

namespace kith {

std::string_view errcName(Errc code) noexcept {
  switch (code) {
    case Errc::Ok: return "Ok";
    case Errc::InvalidArgument: return "InvalidArgument";
    case Errc::InvalidPeerId: return "InvalidPeerId";
    case Errc::MessageTooLong: return "MessageTooLong";
    case Errc::TooManyPeers: return "TooManyPeers";
    case Errc::NotOpen: return "NotOpen";
    case Errc::AlreadyOpen: return "AlreadyOpen";
    case Errc::QueueFull: return "QueueFull";
    case Errc::Timeout: return "Timeout";
    case Errc::Expired: return "Expired";
    case Errc::NetworkDown: return "NetworkDown";
    case Errc::NameNotResolved: return "NameNotResolved";
    case Errc::ConnectionRefused: return "ConnectionRefused";
    case Errc::RouterFailed: return "RouterFailed";
    case Errc::ProxyRefused: return "ProxyRefused";
    case Errc::ServerBusy: return "ServerBusy";
    case Errc::Paused: return "Paused";
    case Errc::StoreFailed: return "StoreFailed";
    case Errc::SignatureRefused: return "SignatureRefused";
    case Errc::SignatureFailed: return "SignatureFailed";
    case Errc::ProxyAuth: return "ProxyAuth";
    case Errc::AppNotAvailable: return "AppNotAvailable";
    case Errc::Kicked: return "Kicked";
    case Errc::Blacklisted: return "Blacklisted";
    case Errc::InvalidTarget: return "InvalidTarget";
    case Errc::Rejected: return "Rejected";
    case Errc::GroupNotFound: return "GroupNotFound";
    case Errc::GroupFull: return "GroupFull";
    case Errc::NotAMember: return "NotAMember";
    case Errc::TlsUntrusted: return "TlsUntrusted";
    case Errc::TlsHostname: return "TlsHostname";
    case Errc::TlsExpired: return "TlsExpired";
    case Errc::TlsProtocol: return "TlsProtocol";
    case Errc::Closed: return "Closed";
    case Errc::NotSupported: return "NotSupported";
    case Errc::ProtocolError: return "ProtocolError";
    case Errc::Internal: return "Internal";
  }
  return "Unknown";
}

bool Error::retryable() const noexcept {
  const auto number = static_cast<std::int32_t>(code);
  return number >= 200 && number < 300;
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  out << errcName(error.code);
  if (error.server_code != 0) out << " (" << error.server_code << ')';
  return out << ": " << error.detail;
}

}  // namespace kith
