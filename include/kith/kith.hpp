// SPDX-License-Identifier: Apache-2.0
// Everything of the client SDK in one include. The embeddable server is in <kith/server.hpp>.
#pragma once

#include <kith/capabilities.hpp>
#include <kith/conversation.hpp>
#include <kith/conversation_data.hpp>
#include <kith/error.hpp>
#include <kith/event.hpp>
#include <kith/executor.hpp>
#include <kith/group.hpp>
#include <kith/limits.hpp>
#include <kith/log.hpp>
#include <kith/message.hpp>
#include <kith/options.hpp>
#include <kith/reactor.hpp>
#include <kith/receiver.hpp>
#include <kith/result.hpp>
#include <kith/session.hpp>
#include <kith/session_manager.hpp>
#include <kith/signature.hpp>
#include <kith/store.hpp>
#include <kith/tls_version.hpp>
#include <kith/typed_message.hpp>
#include <kith/version.hpp>
