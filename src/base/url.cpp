// SPDX-License-Identifier: Apache-2.0
#include "base/url.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/redact.hpp"

namespace kith::base {
namespace {

Error bad(std::string_view what, std::string_view text, std::string_view why) {
  std::string detail(what);
  detail.append(" '").append(redactUrl(text)).append("' ").append(why);
  return {Errc::InvalidArgument, 0, std::move(detail), false};
}

std::uint16_t standardPort(std::string_view scheme) {
  return scheme == "wss" || scheme == "https" ? 443 : 80;
}

bool isHostChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_';
}
bool isV6Char(char c) {
  return (c >= '0' && c <= '9') || (lowerCase(c) >= 'a' && lowerCase(c) <= 'f') || c == ':' ||
         c == '.';
}

/// An authority cut into its parts; `port` is empty when there is none.
struct Authority {
  std::string_view host;
  std::string_view port;
};

/// Fills `out`, or says why it cannot.
std::string_view splitAuthority(std::string_view text, Authority& out) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return "has '[' without ']'";
    out.host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return "has something between ']' and the port";
    out.port = rest.empty() ? rest : rest.substr(1);
    if (!rest.empty() && out.port.empty()) return "has ':' without a port";
    if (out.host.find(':') == std::string_view::npos ||
        !std::all_of(out.host.begin(), out.host.end(), isV6Char)) {
      return "has brackets around what is no IPv6 address";
    }
    return {};
  }
  const std::size_t colon = text.find(':');
  out.host = text.substr(0, colon);
  out.port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (colon != std::string_view::npos && out.port.empty()) return "has ':' without a port";
  if (out.port.find(':') != std::string_view::npos) {
    return "has too many ':'; write an IPv6 address in brackets, like [::1]:7700";
  }
  if (out.host.empty()) return "has no host";
  if (!std::all_of(out.host.begin(), out.host.end(), isHostChar)) {
    return "has a host with characters that no host name has";
  }
  return {};
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lowerCase);
  return out;
}

std::string schemesWanted(std::initializer_list<std::string_view> schemes) {
  std::string text = "must begin with ";
  bool first = true;
  for (const std::string_view scheme : schemes) {
    if (!std::exchange(first, false)) text += " or ";
    text.append(scheme).append("://");
  }
  return text;
}

}  // namespace

Result<Url> parseUrl(std::string_view text, std::string_view what,
                     std::initializer_list<std::string_view> schemes) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F) {
      return bad(what, "", "has a space, a control character or a non-ASCII one; encode it as %XX");
    }
  }
  const std::size_t scheme_end = text.find("://");
  Url url;
  if (scheme_end != std::string_view::npos) url.scheme = lowered(text.substr(0, scheme_end));
  if (std::find(schemes.begin(), schemes.end(), url.scheme) == schemes.end()) {
    return bad(what, text, schemesWanted(schemes));
  }
  if (text.find('#') != std::string_view::npos) return bad(what, text, "must not have a '#'");
  const std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return bad(what, text, "must not have a user name in it");
  }
  Authority parts;
  if (const std::string_view why = splitAuthority(authority, parts); !why.empty()) {
    return bad(what, text, why);
  }
  url.host = lowered(parts.host);
  const auto port = parts.port.empty() ? standardPort(url.scheme)
                                       : readNumber<std::uint16_t>(parts.port).value_or(0);
  if (port == 0) return bad(what, text, "must have a port from 1 to 65535");
  url.port = port;
  url.path = rest.substr(authority_end);
  if (url.path.empty() || url.path.front() != '/') url.path.insert(url.path.begin(), '/');
  return url;
}

Result<HostPort> parseHostPort(std::string_view text, std::string_view what) {
  Authority parts;
  if (const std::string_view why = splitAuthority(text, parts); !why.empty()) {
    return bad(what, text, why);
  }
  const auto port = readNumber<std::uint16_t>(parts.port);
  if (!port) return bad(what, text, "must be host:port with a port from 0 to 65535");
  return HostPort{lowered(parts.host), *port};
}

std::string formatHostPort(std::string_view host, std::uint16_t port) {
  std::string text;
  const bool v6 = host.find(':') != std::string_view::npos;
  if (v6) text += '[';
  text.append(host);
  if (v6) text += ']';
  return text + ':' + std::to_string(port);
}

std::string formatUrl(const Url& url) {
  std::string authority = formatHostPort(url.host, url.port);
  if (url.port == standardPort(url.scheme)) authority.erase(authority.rfind(':'));
  return url.scheme + "://" + authority + url.path;
}

std::string_view pathOf(const Url& url) {
  std::string_view path(url.path);
  path = path.substr(0, path.find('?'));
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path;
}

std::string urlBelow(const Url& url, std::string_view path, std::string_view query) {
  Url below = url;
  below.path.assign(pathOf(url)).append(path);
  const std::size_t mark = url.path.find('?');
  const std::string_view own =
      mark == std::string::npos ? std::string_view() : std::string_view(url.path).substr(mark + 1);
  char before = '?';
  for (const std::string_view part : {own, query}) {
    if (part.empty()) continue;
    below.path.append(1, before).append(part);
    before = '&';
  }
  return formatUrl(below);
}

}  // namespace kith::base
