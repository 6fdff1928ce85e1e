// SPDX-License-Identifier: Apache-2.0
#include "server/rest/storage_calls.hpp"

#include <utility>

namespace kith::rest {
namespace {

constexpr int kBusyRetrySeconds = 10;
constexpr int kNoSuchMessage = 4404;  // leancloud-current §7

int statusOf(int server_code) {
  switch (server_code) {
    case storage::kNoSuchObject:
    case kNoSuchMessage: return 404;
    case storage::kNotAllowed: return 403;
    case storage::kObjectExists:
    case storage::kOtherVersion: return 409;
    default: return 400;
  }
}

}  // namespace

net::HttpReply refuse(const Error& error) {
  const bool of_caller = error.code == Errc::InvalidArgument || error.code == Errc::Rejected;
  if (!of_caller) return refuse(503, 1, error.detail);
  return refuse(statusOf(error.server_code), error.server_code != 0 ? error.server_code : 1,
                error.detail);
}

net::HttpReply tooBusy() {
  net::HttpReply reply = refuse(503, 503, "too many requests; try again later");
  reply.retry_after = kBusyRetrySeconds;
  return reply;
}

std::optional<net::HttpReply> carryOut(CommandHost& host, const Request& request,
                                       const core::ServiceCommand& command) {
  if (host.carryOut(request.id, command)) return std::nullopt;
  return tooBusy();
}

void StorageCalls::onAnswer(storage::Answer& answer) {
  const std::optional<ReadQueue::Finished> done = queue_.finish(answer.token);
  if (!done) return;
  if (auto reply = done->finish(answer)) host_.reply(done->request, std::move(*reply));
}

}  // namespace kith::rest
