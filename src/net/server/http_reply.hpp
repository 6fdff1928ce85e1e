// SPDX-License-Identifier: Apache-2.0
// The HTTP side of a listener without its sockets: a request as a value, a reply as bytes. Pure;
// any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/server/listener.hpp"
#include "ws/http_head.hpp"

namespace kith::net {

/// What the other side asks; false when it makes no sense. `wanted` are names of headers.
bool readHttpCall(const ws::HttpHead& head, const std::vector<std::string>& wanted, HttpCall& call);

/// The page that a request comes from.
struct Origin {
  bool allowed{true};
  std::string cors_headers;  ///< lines for the reply's head, with CRLF each
};
/// Without an Origin header it is no page and passes. `allowed` empty = any page.
Origin originOf(const ws::HttpHead& head, const std::vector<std::string>& allowed);

/// The connection can be used again after this request's answer.
bool staysOpen(const ws::HttpHead& head);

/// How a reply is put into bytes.
struct ReplyForm {
  std::string_view cors_headers;  ///< Origin::cors_headers
  bool without_body{false};       ///< of HEAD
  bool last{false};               ///< the connection is closed behind it
  bool chunked{false};            ///< a reply in parts, to a client that understands chunks
};
std::string formatHttpReply(const HttpReply& reply, const ReplyForm& form);
/// A refusal with this text, after which the connection is closed.
std::string formatRefusal(int status, const std::string& text);

}  // namespace kith::net
