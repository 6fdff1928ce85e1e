// SPDX-License-Identifier: Apache-2.0
// Connections that a proxy has made: their client, and where it is counted. What an address says
// that is not trusted has no effect.
#include <algorithm>
#include <utility>

#include "net/server/epoll_listener.hpp"

namespace kith::net {

bool EpollListener::isTrusted(const IpAddress& address) const {
  const auto& trusted = options_.trusted_proxies;
  return std::any_of(trusted.begin(), trusted.end(),
                     [&](const IpRange& range) { return range.contains(address); });
}

AddressKey EpollListener::keyOf(const IpAddress& address) const {
  return isTrusted(address) ? kProxyKey : address.key();
}

// Below TLS, whose bytes must not be touched: only what was seen to be of the header is taken.
void EpollListener::readProxyHeader(Connection& connection) {
  const IoResult got = connection.stream.peek(input_.data(), kReadBytes);
  if (got.how == Io::Again) return;
  if (got.how != Io::Done) return end(connection);
  std::size_t used = 0;
  const ProxyHeader::State state = connection.proxy_header->take({input_.data(), got.bytes}, used);
  connection.stream.skip(used);
  if (state == ProxyHeader::State::More) return;
  if (state == ProxyHeader::State::Bad) return end(connection);
  const std::optional<IpAddress> client = connection.proxy_header->client();
  connection.proxy_header.reset();
  if (!client) return;
  connection.peer = *client;
  connection.from_proxy = isTrusted(*client);
  if (!identify(connection, *client)) end(connection);
}

bool EpollListener::identify(Connection& connection, const ws::HttpHead& head) {
  const auto client = forwardedFor(head, options_.trusted_proxies);
  return identify(connection, client ? *client : connection.peer);
}

bool EpollListener::identify(Connection& connection, const IpAddress& client) {
  connection.remote = client;
  const AddressKey key = keyOf(client);
  if (key == connection.address) return true;
  IpLimiter& book = shared_->addresses;
  const auto verdict = book.arrive(key, connection.refused, now_);
  if (verdict == IpLimiter::Verdict::Drop) {
    shared_->dropped.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  if (connection.kept > 0) book.keep(connection.address, connection.kept, 0);
  book.leave(connection.address, connection.refused, connection.opened);
  if (connection.kept > 0) book.keep(key, 0, connection.kept);
  connection.address = key;
  connection.refused = verdict == IpLimiter::Verdict::Refuse;
  if (connection.refused) shared_->refused.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace kith::net
