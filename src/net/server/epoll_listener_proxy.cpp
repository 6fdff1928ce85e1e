// SPDX-License-Identifier: Apache-2.0
// Connections that a proxy has made: for whom, and where that one is counted. An address that is
// not trusted is not asked, whatever it says.
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
void EpollListener::readProxyHeader(Guest& guest) {
  const IoResult got = guest.stream.peek(input_.data(), kReadBytes);
  if (got.how == Io::Again) return;
  if (got.how != Io::Done) return end(guest);
  std::size_t used = 0;
  const ProxyHeader::State state = guest.proxy_header->take({input_.data(), got.bytes}, used);
  guest.stream.skip(used);
  if (state == ProxyHeader::State::More) return;
  if (state == ProxyHeader::State::Bad) return end(guest);
  const std::optional<IpAddress> client = guest.proxy_header->client();
  guest.proxy_header.reset();
  if (!client) return;
  guest.peer = *client;
  guest.from_proxy = isTrusted(*client);
  if (!identify(guest, *client)) end(guest);
}

bool EpollListener::identify(Guest& guest, const ws::HttpHead& head) {
  const auto client = forwardedFor(head, options_.trusted_proxies);
  return identify(guest, client ? *client : guest.peer);
}

bool EpollListener::identify(Guest& guest, const IpAddress& client) {
  guest.remote = client;
  const AddressKey key = keyOf(client);
  if (key == guest.address) return true;
  AddressBook& book = shared_->addresses;
  const auto verdict = book.arrive(key, guest.refused, now_);
  if (verdict == AddressBook::Verdict::Drop) {
    shared_->dropped.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  if (guest.kept > 0) book.keep(guest.address, guest.kept, 0);
  book.leave(guest.address, guest.refused, guest.opened);
  if (guest.kept > 0) book.keep(key, 0, guest.kept);
  guest.address = key;
  guest.refused = verdict == AddressBook::Verdict::Refuse;
  if (guest.refused) shared_->refused.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace kith::net
