// SPDX-License-Identifier: Apache-2.0
#include "tools/outbound_post.hpp"

#include <chrono>
#include <cstdio>
#include <utility>

#include "tools/http_call.hpp"

namespace kith::tools {
namespace {

constexpr std::chrono::seconds kSilence{5};
constexpr std::chrono::seconds kDeadline{10};

/// Says on standard error why an app's own server was not reached, once a minute at most: clients
/// may ask as often as they like. Any thread.
class Complaints {
 public:
  void add(const std::string& why) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto next = next_.load(std::memory_order_relaxed);
    if (now < next) return;
    if (!next_.compare_exchange_strong(next, now + kQuiet.count())) return;
    std::fprintf(stderr, "kithd: an app's own server (sign_in_url) was not reached: %s\n",
                 why.c_str());
  }

 private:
  static constexpr std::chrono::steady_clock::duration kQuiet = std::chrono::minutes(1);
  std::atomic<std::chrono::steady_clock::rep> next_{
      std::chrono::steady_clock::time_point::min().time_since_epoch().count()};
};

}  // namespace

// A client for each thread, so that connections are kept.
Outbound makeOutbound(std::shared_ptr<const std::atomic<bool>> stopping) {
  const auto complaints = std::make_shared<Complaints>();
  return [stopping = std::move(stopping),
          complaints](const OutboundCall& call) -> Result<OutboundReply> {
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
    if (!answer) {
      complaints->add(answer.error().detail);
      return answer.error();
    }
    if (answer->too_long) {
      return Error{Errc::Rejected, 0, "the answer has more than 16 KiB", false};
    }
    return OutboundReply{static_cast<int>(answer->status), std::move(answer->body)};
  };
}

}  // namespace kith::tools
