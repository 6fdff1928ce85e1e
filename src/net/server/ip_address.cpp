// SPDX-License-Identifier: Apache-2.0
#include "net/server/ip_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/ascii.hpp"

namespace kith::net {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned kV4PrefixBits = 96;

}  // namespace

IpAddress IpAddress::of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    return ofV6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr);
  }
  const in_addr in = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  return ofV4(reinterpret_cast<const std::uint8_t*>(&in));
}

IpAddress IpAddress::ofV4(const std::uint8_t* bytes) {
  IpAddress address;
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), address.bytes.begin());
  std::copy_n(bytes, 4, address.bytes.begin() + kV4Prefix.size());
  return address;
}

IpAddress IpAddress::ofV6(const std::uint8_t* bytes) {
  IpAddress address;
  std::copy_n(bytes, address.bytes.size(), address.bytes.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == text.npos) return {};
  }
  char whole[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof whole || text.find('\0') != text.npos) return {};
  std::memcpy(whole, text.data(), text.size());
  std::uint8_t bytes[16];
  if (::inet_pton(AF_INET, whole, bytes) == 1) return ofV4(bytes);
  if (::inet_pton(AF_INET6, whole, bytes) == 1) return ofV6(bytes);
  return {};
}

bool IpAddress::isV4() const {
  return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin());
}

AddressKey IpAddress::key() const {
  AddressKey key = 0;
  if (isV4()) {
    std::memcpy(&key, bytes.data() + kV4Prefix.size(), 4);
  } else {
    std::memcpy(&key, bytes.data(), sizeof key);
  }
  return key;
}

std::string IpAddress::text() const {
  char text[INET6_ADDRSTRLEN] = {};
  const bool v4 = isV4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? kV4Prefix.size() : 0), text,
              sizeof text);
  return text;
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto first = IpAddress::parse(text.substr(0, slash));
  if (!first) return {};
  IpRange range;
  range.first_ = *first;
  if (slash == text.npos) return range;
  const auto bits = base::readNumber<unsigned>(text.substr(slash + 1));
  const bool v4 = first->isV4() && text.find(':') == text.npos;
  if (!bits || *bits > (v4 ? 32u : 128u)) return {};
  range.bits_ = v4 ? *bits + kV4PrefixBits : *bits;
  for (unsigned bit = range.bits_; bit < 128; ++bit) {
    if ((first->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return {};
  }
  return range;
}

bool IpRange::contains(const IpAddress& address) const {
  const std::size_t whole = bits_ / 8;
  if (!std::equal(first_.bytes.begin(), first_.bytes.begin() + whole, address.bytes.begin())) {
    return false;
  }
  const unsigned rest = bits_ % 8;
  return rest == 0 || ((first_.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

}  // namespace kith::net
