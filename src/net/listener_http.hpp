// SPDX-License-Identifier: Apache-2.0
// Small HTTP exchanges on libwebsockets: a request as a value, a reply as bytes. Loop thread only.
#pragma once

#include "net/listener.hpp"

struct lws;

namespace kith::net {

/// What the other side asks; false when it makes no sense.
bool readHttpCall(lws* wsi, const ListenOptions& options, HttpCall& call);

/// Status line, headers and body.
std::string formatHttpReply(const HttpReply& reply, bool without_body);

}  // namespace kith::net
