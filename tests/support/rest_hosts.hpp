// SPDX-License-Identifier: Apache-2.0
// The parts of the world that a test of REST does not use: what comes there fails the test.
#pragma once

#include "server/rest/rest_host.hpp"
#include "support/catch.hpp"

namespace kith::testing {

struct NoCommands final : rest::CommandHost {
  bool carryOut(net::RequestId, const core::ServiceCommand&) override {
    FAIL("a command came");
    return false;
  }
};

struct NoFiles final : rest::FileHost {
  Begun work(net::RequestId, std::size_t, Work) override {
    FAIL("a file was asked for");
    return Begun::NoFolder;
  }
};

struct NoOutbound final : rest::OutboundHost {
  Begun ask(net::RequestId, net::AddressKey, Work) override {
    FAIL("an app's server was asked");
    return Begun::NoWay;
  }
};

}  // namespace kith::testing
