// SPDX-License-Identifier: Apache-2.0
// Small HTTP exchanges on libwebsockets: a request as a value, a reply as bytes. Loop thread only.
#pragma once

#include "net/listener.hpp"

struct lws;

namespace kith::net {

/// What the other side asks; false when it makes no sense.
bool readHttpCall(lws* wsi, const ListenOptions& options, HttpCall& call);

/// The page that a request comes from.
struct Origin {
  bool allowed{true};
  std::string readers;  ///< lines for the reply's head, with CRLF each
};
/// Without an Origin header it is no page and passes. `allowed` empty = any page.
Origin originOf(lws* wsi, const std::vector<std::string>& allowed);

/// True when a body follows: nothing here takes one.
bool hasBody(lws* wsi);

/// Writes a reply as far as the connection takes it at once. Close it then.
void writeNow(lws* wsi, const HttpReply& reply, std::string_view readers);
/// The same for a refusal with this text.
void refuseHttp(lws* wsi, int status, const std::string& text);

/// Whether a request for a WebSocket must be refused; then the refusal is written (RFC 6455 §4.2).
/// libwebsockets looks at the key only.
bool refuseUpgrade(lws* wsi);

/// Status line, headers and body. `readers` is Origin::readers.
std::string formatHttpReply(const HttpReply& reply, std::string_view readers, bool without_body);

}  // namespace kith::net
