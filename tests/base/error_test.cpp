// SPDX-License-Identifier: Apache-2.0
#include <kith/error.hpp>

#include <set>
#include <sstream>
#include <string>

#include "support/catch.hpp"

namespace {

using kith::Errc;
using kith::Error;

struct Row {
  Errc code;
  int number;
  const char* name;
};

// The numbers are part of the C ABI: a changed one is a break.
constexpr Row kRows[] = {
    {Errc::Ok, 0, "Ok"},
    {Errc::InvalidArgument, 100, "InvalidArgument"},
    {Errc::InvalidPeerId, 101, "InvalidPeerId"},
    {Errc::MessageTooLong, 102, "MessageTooLong"},
    {Errc::TooManyPeers, 103, "TooManyPeers"},
    {Errc::NotOpen, 104, "NotOpen"},
    {Errc::AlreadyOpen, 105, "AlreadyOpen"},
    {Errc::QueueFull, 200, "QueueFull"},
    {Errc::Timeout, 201, "Timeout"},
    {Errc::Expired, 202, "Expired"},
    {Errc::NetworkDown, 203, "NetworkDown"},
    {Errc::NameNotResolved, 204, "NameNotResolved"},
    {Errc::ConnectionRefused, 205, "ConnectionRefused"},
    {Errc::RouterFailed, 206, "RouterFailed"},
    {Errc::ProxyRefused, 207, "ProxyRefused"},
    {Errc::ServerBusy, 208, "ServerBusy"},
    {Errc::Paused, 209, "Paused"},
    {Errc::StoreFailed, 210, "StoreFailed"},
    {Errc::SignatureRefused, 300, "SignatureRefused"},
    {Errc::SignatureFailed, 301, "SignatureFailed"},
    {Errc::ProxyAuth, 302, "ProxyAuth"},
    {Errc::AppNotAvailable, 400, "AppNotAvailable"},
    {Errc::Kicked, 401, "Kicked"},
    {Errc::Blacklisted, 402, "Blacklisted"},
    {Errc::InvalidTarget, 403, "InvalidTarget"},
    {Errc::Rejected, 404, "Rejected"},
    {Errc::GroupNotFound, 405, "GroupNotFound"},
    {Errc::GroupFull, 406, "GroupFull"},
    {Errc::NotAMember, 407, "NotAMember"},
    {Errc::TlsUntrusted, 408, "TlsUntrusted"},
    {Errc::TlsHostname, 409, "TlsHostname"},
    {Errc::TlsExpired, 410, "TlsExpired"},
    {Errc::TlsProtocol, 411, "TlsProtocol"},
    {Errc::Closed, 412, "Closed"},
    {Errc::NotSupported, 413, "NotSupported"},
    {Errc::ProtocolError, 500, "ProtocolError"},
    {Errc::Internal, 501, "Internal"},
};

TEST_CASE("error: every code keeps its number and its name") {
  for (const Row& row : kRows) {
    CAPTURE(row.name);
    CHECK(static_cast<int>(row.code) == row.number);
    CHECK(kith::errcName(row.code) == row.name);
  }
  CHECK(kith::errcName(static_cast<Errc>(999)) == "Unknown");
}

TEST_CASE("error: the table above has every code of the header") {
  std::size_t named = 0;
  for (int number = 0; number < 1000; ++number) {
    named += kith::errcName(static_cast<Errc>(number)) != "Unknown";
  }
  CHECK(named == std::size(kRows));
}

TEST_CASE("error: exactly the codes from 200 to 299 may be tried again") {
  for (const Row& row : kRows) {
    CAPTURE(row.name);
    CHECK(Error{row.code, 0, "", false}.retryable() == (row.number >= 200 && row.number < 300));
  }
}

TEST_CASE("error: printing shows the name, the server's number when there is one, and the detail") {
  std::ostringstream out;
  out << Error{Errc::Timeout, 0, "no answer", false} << '|'
      << Error{Errc::SignatureFailed, 4102, "bad key", false};
  CHECK(out.str() == "Timeout: no answer|SignatureFailed (4102): bad key");
}

}  // namespace
