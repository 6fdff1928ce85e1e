// SPDX-License-Identifier: Apache-2.0
// Requests of HTTP that others answer: the hub, the folder of files, and apps' own servers. Owned
// by the front, loop thread only.
#pragma once

#include "server/front/file_desk.hpp"
#include "server/front/outbound_desk.hpp"
#include "server/front/service_desk.hpp"

namespace kith::front {

struct Desks {
  ServiceDesk commands;
  FileDesk files;
  OutboundDesk outbound;
};

}  // namespace kith::front
