// SPDX-License-Identifier: Apache-2.0
// Requests of HTTP that others answer: the hub, and the folder of files. Owned by the front, loop
// thread only.
#pragma once

#include "server/front/file_desk.hpp"
#include "server/front/service_desk.hpp"

namespace kith::front {

struct Desks {
  ServiceDesk commands;
  FileDesk files;
};

}  // namespace kith::front
