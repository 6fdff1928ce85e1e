// SPDX-License-Identifier: Apache-2.0
// What a proxy says in front of a connection and in X-Forwarded-For: however the bytes are cut, the
// same client and the same verdict, and no byte behind the header is taken.
#include "net/server/proxy_header.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using kith::net::IpAddress;
using kith::net::IpRange;
using kith::net::ProxyHeader;

struct Outcome {
  ProxyHeader::State state{ProxyHeader::State::More};
  std::size_t used{0};
  std::optional<IpAddress> client;
};

Outcome readIn(std::string_view bytes, std::size_t step) {
  ProxyHeader header;
  Outcome outcome;
  while (outcome.state == ProxyHeader::State::More && outcome.used < bytes.size()) {
    const std::string_view piece = bytes.substr(outcome.used, step);
    std::size_t used = 0;
    outcome.state = header.take(piece, used);
    if (used > piece.size() || (used == 0 && outcome.state == ProxyHeader::State::More)) {
      std::abort();
    }
    outcome.used += used;
  }
  outcome.client = header.client();
  return outcome;
}

/// What is read as an address is written as one that is read the same.
void lookAtAddress(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (address && IpAddress::parse(address->text()) != address) std::abort();
  const auto range = IpRange::parse(text);
  if (range && address && !range->contains(*address)) std::abort();
}

void lookAtForwarded(const std::string& line) {
  kith::ws::HttpHead head;
  head.headers.emplace_back("X-Forwarded-For", line);
  const auto trusted = IpRange::parse("10.0.0.0/8");
  const auto client = kith::net::forwardedFor(head, {*trusted});
  if (client && line.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = readIn(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t step : {1u, 7u, 16u}) {
    const Outcome cut = readIn(bytes, step);
    const bool same = cut.state == whole.state && cut.client == whole.client &&
                      (cut.state != ProxyHeader::State::Whole || cut.used == whole.used);
    if (!same) std::abort();
  }
  lookAtAddress(bytes);
  lookAtForwarded(std::string(bytes));
  return 0;
}
