// SPDX-License-Identifier: Apache-2.0
// libwebsockets has one log function for the whole process, and the loops want none of it: what a
// connection has to say comes with its end.
#pragma once

namespace kith::net {

/// From now on nothing is written of what libwebsockets says on this thread. Other threads, of a
/// program that uses it too, are heard on stderr as before.
/// Thread: a loop's, before it makes its context. Blocks: never.
void quietLws();

}  // namespace kith::net
