// SPDX-License-Identifier: Apache-2.0
#include "net/server/proxy_header.hpp"

#include <algorithm>

#include "ws/http_words.hpp"

namespace kith::net {
namespace {

constexpr std::string_view kV1 = "PROXY ";
constexpr std::size_t kV1Bytes = 107;  // the specification's, with CRLF
constexpr std::string_view kV2{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kV2Head = 16;
// Behind the addresses there may be more, of TLS for instance; real ones are far shorter.
constexpr std::size_t kV2Bytes = 4096;

unsigned byteAt(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

const std::uint8_t* unsignedBytes(const std::string& bytes, std::size_t at) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data()) + at;
}

std::string_view takeWord(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// Some proxies add the port: `1.2.3.4:5`, `[::1]:5`.
std::optional<IpAddress> readAddress(std::string_view text) {
  if (auto address = IpAddress::parse(text)) return address;
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return {};
  const std::string_view port = text.substr(colon + 1);
  const bool digits =
      !port.empty() && port.size() <= 5 &&
      std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  const std::string_view host = text.substr(0, colon);
  const bool whole = host.find(':') == host.npos || host.front() == '[';
  return digits && whole ? IpAddress::parse(host) : std::nullopt;
}

}  // namespace

/// Bytes that the header has at least.
std::size_t ProxyHeader::wanted() const {
  if (bytes_.empty()) return 1;
  if (bytes_.front() == kV1.front()) return bytes_.size() + 1;
  if (bytes_.size() < kV2Head) return kV2Head;
  return kV2Head + byteAt(bytes_, 14) * 256 + byteAt(bytes_, 15);
}

ProxyHeader::State ProxyHeader::take(std::string_view bytes, std::size_t& used) {
  used = 0;
  while (used < bytes.size()) {
    const std::size_t missing = wanted() - bytes_.size();
    const std::string_view piece = bytes.substr(used, missing);
    bytes_ += piece;
    used += piece.size();
    const bool v1 = bytes_.front() == kV1.front();
    const std::string_view sign = v1 ? kV1 : kV2;
    const std::size_t known = std::min(sign.size(), bytes_.size());
    if (std::string_view(bytes_).substr(0, known) != sign.substr(0, known)) return State::Bad;
    if (v1 && bytes_.back() == '\n') return readV1();
    if (v1 && bytes_.size() >= kV1Bytes) return State::Bad;
    if (!v1 && wanted() > kV2Bytes) return State::Bad;
    if (!v1 && bytes_.size() >= kV2Head && bytes_.size() == wanted()) return readV2();
  }
  return State::More;
}

ProxyHeader::State ProxyHeader::readV1() {
  std::string_view line = bytes_;
  if (!line.ends_with("\r\n")) return State::Bad;
  line = line.substr(kV1.size(), line.size() - kV1.size() - 2);
  const std::string_view family = takeWord(line);
  if (family == "UNKNOWN") return State::Whole;
  if (family != "TCP4" && family != "TCP6") return State::Bad;
  const auto source = IpAddress::parse(takeWord(line));
  const auto target = IpAddress::parse(takeWord(line));
  const bool v4 = family == "TCP4";
  if (!source || !target || (v4 && !source->isV4()) || line.empty()) return State::Bad;
  client_ = source;
  return State::Whole;
}

ProxyHeader::State ProxyHeader::readV2() {
  const unsigned command = byteAt(bytes_, 12);
  if (command == 0x20) return State::Whole;  // LOCAL
  if (command != 0x21) return State::Bad;
  const std::size_t there = bytes_.size() - kV2Head;
  switch (byteAt(bytes_, 13) >> 4) {
    case 1:
      if (there < 12) return State::Bad;
      client_ = IpAddress::ofV4(unsignedBytes(bytes_, kV2Head));
      return State::Whole;
    case 2:
      if (there < 36) return State::Bad;
      client_ = IpAddress::ofV6(unsignedBytes(bytes_, kV2Head));
      return State::Whole;
    default: return State::Whole;  // a Unix socket, or nothing that we know
  }
}

std::optional<IpAddress> forwardedFor(const ws::HttpHead& head,
                                      const std::vector<IpRange>& trusted) {
  const std::string all = head.header("x-forwarded-for");
  std::optional<IpAddress> last;
  for (std::string_view rest = all; !rest.empty();) {
    const std::size_t comma = rest.rfind(',');
    const std::size_t begin = comma == rest.npos ? 0 : comma + 1;
    const auto address = readAddress(ws::trimmed(rest.substr(begin)));
    if (!address) return last;
    last = address;
    const bool proxy = std::any_of(trusted.begin(), trusted.end(),
                                   [&](const IpRange& range) { return range.contains(*address); });
    if (!proxy || comma == rest.npos) return last;
    rest = rest.substr(0, comma);
  }
  return last;
}

}  // namespace kith::net
