// SPDX-License-Identifier: Apache-2.0
#include "tools/outbound_post.hpp"

#include <chrono>
#include <utility>

#include "tools/http_call.hpp"

namespace kith::tools {
namespace {

constexpr std::chrono::seconds kSilence{5};
constexpr std::chrono::seconds kDeadline{10};

}  // namespace

// A client for each thread, so that connections are kept.
Outbound makeOutbound(std::shared_ptr<const std::atomic<bool>> stopping) {
  return [stopping = std::move(stopping)](const OutboundCall& call) -> Result<OutboundReply> {
    thread_local HttpClient client;
    client.stopWhen([stopping] { return stopping->load(std::memory_order_relaxed); });
    HttpCall post;
    post.method = "POST";
    post.url = call.url;
    post.headers = {"Content-Type: application/json"};
    post.body = call.body;
    post.timeout = kSilence;
    post.deadline = kDeadline;
    post.most_answer = kOutboundReplyBytes;
    Result<HttpReply> answer = client.ask(post);
    if (!answer) return answer.error();
    if (answer->too_long) {
      return Error{Errc::Rejected, 0, "the answer has more than 16 KiB", false};
    }
    return OutboundReply{static_cast<int>(answer->status), std::move(answer->body)};
  };
}

}  // namespace kith::tools
