// SPDX-License-Identifier: Apache-2.0
#include "tools/vendor_api.hpp"

#include <algorithm>
#include <signal.h>
#include <time.h>
#include <utility>

namespace kith::tools {
namespace {

using rescue::Verdict;
using std::chrono::milliseconds;

/// A page of a thousand messages with their escapes, several times over.
constexpr std::size_t kMostAnswer = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kLeastLimit = 10;
/// A page may trickle for so many time-outs.
constexpr int kTimeoutsOfAPage = 20;
constexpr int kDownloadTries = 5;
constexpr long kRedirects = 5;
constexpr long kPartialContent = 206;
constexpr long kNoSuchRange = 416;
/// A try that brought so much gives others: an archive may be many times what a connection lasts.
constexpr std::int64_t kWorthATry = 64 * 1024;
/// What still trickles after a day is no download.
constexpr std::chrono::hours kLongestDownload{24};

milliseconds now() {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

Error stopped() {
  return {Errc::Closed, 0, "stopped; the same command goes on where it was", false};
}

/// Errors that are no better a minute later, unless the server was there before.
bool isWrongAddress(Errc code) {
  return code == Errc::NameNotResolved || code == Errc::ConnectionRefused ||
         code == Errc::TlsUntrusted;
}

}  // namespace

bool StopSignals::waitFor(milliseconds time) {
  if (came_) return true;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  const auto until = now() + time;
  for (milliseconds left = time; !came_ && left.count() >= 0; left = until - now()) {
    timespec span{};
    span.tv_sec = static_cast<time_t>(left.count() / 1000);
    span.tv_nsec = static_cast<long>(left.count() % 1000) * 1'000'000;
    came_ = sigtimedwait(&set, nullptr, &span) > 0;
    if (left.count() == 0) break;
  }
  return came_;
}

VendorApi::VendorApi(VendorSettings settings, StopSignals& signals, OnPause on_pause)
    : settings_(std::move(settings)),
      signals_(signals),
      on_pause_(std::move(on_pause)),
      pacer_(settings_.pace) {
  client_.stopWhen([this] { return signals_.came(); });
  downloads_.stopWhen([this] { return signals_.came(); });
}

HttpCall VendorApi::callFor(const std::string& target) const {
  HttpCall call;
  call.url = settings_.server + target;
  call.headers = {"X-LC-Id: " + settings_.app, "X-LC-Key: " + settings_.master_key + ",master",
                  "Accept: application/json"};
  call.ca_file = settings_.ca_file;
  call.proxy = settings_.proxy;
  call.timeout = settings_.timeout;
  call.deadline = settings_.timeout * kTimeoutsOfAPage;
  call.most_answer = kMostAnswer;
  return call;
}

Result<void> VendorApi::wait() {
  if (signals_.waitFor(pacer_.waitFrom(now()))) return stopped();
  return {};
}

Result<void> VendorApi::pause(Error why, milliseconds retry_after) {
  const bool patient = pacer_.failed(now(), retry_after);
  if (!answered_ && isWrongAddress(why.code)) return why;
  if (!patient) {
    why.detail += "; given up after " + std::to_string(pacer_.failures()) +
                  " tries, the same command goes on where it was";
    return why;
  }
  if (on_pause_) on_pause_(why.detail, pacer_.waitFrom(now()));
  return {};
}

Result<VendorApi::Reply> VendorApi::get(const std::string& target) {
  return ask(callFor(target), nullptr);
}

Result<VendorApi::Reply> VendorApi::post(const std::string& target, const std::string& body) {
  HttpCall call = callFor(target);
  call.method = "POST";
  call.body = body;
  call.headers.emplace_back("Content-Type: application/json");
  return ask(call, nullptr);
}

Result<VendorApi::Reply> VendorApi::page(const Target& target, std::size_t& limit) {
  for (;;) {
    const std::size_t asked = limit;
    auto reply = ask(callFor(target(limit)), &limit);
    // A smaller page is another request.
    if (limit == asked || !reply || reply->answer.verdict != Verdict::TryAgain) return reply;
  }
}

Result<VendorApi::Reply> VendorApi::ask(const HttpCall& call, std::size_t* limit) {
  for (;;) {
    auto waited = wait();
    if (!waited) return waited.error();
    pacer_.sent(now());
    auto reply = client_.ask(call);
    Reply result;
    Error why{Errc::ServerBusy, 0, call.url.substr(0, call.url.find('?')) + ": ", false};
    milliseconds retry_after{0};
    bool too_much = false;
    if (!reply) {
      if (reply.error().code == Errc::Closed) return stopped();
      why = reply.error();
      too_much = why.code == Errc::Timeout;
    } else if (reply->too_long) {
      why.detail += "the answer is longer than 64 MB";
      too_much = true;
    } else {
      answered_ = true;
      result.answer = rescue::judge(static_cast<int>(reply->status), reply->body);
      result.body = std::move(reply->body);
      if (!reply->location.empty()) {
        // Not followed: the key would go there.
        result.answer.reason += ", it is at " + reply->location;
      }
      retry_after = reply->retry_after;
      why.detail += std::to_string(result.answer.status) + " " + result.answer.reason;
      if (result.answer.verdict == Verdict::KeyRefused) {
        return Error{Errc::SignatureFailed, 0,
                     why.detail + "; are --app and the master key those of this server?", false};
      }
      if (result.answer.verdict != Verdict::TryAgain) {
        pacer_.succeeded();
        return result;
      }
    }
    auto paused = pause(std::move(why), retry_after);
    if (!paused) return paused.error();
    if (too_much && limit != nullptr && *limit > kLeastLimit) {
      *limit = std::max(kLeastLimit, *limit / 2);
      result.answer.verdict = Verdict::TryAgain;
      return result;
    }
  }
}

Result<void> VendorApi::rest(milliseconds time) {
  if (signals_.waitFor(time)) return stopped();
  return {};
}

Result<HttpReply> VendorApi::downloadOnce(HttpCall call, GrowingFile& file, std::string& etag,
                                          const std::function<void()>& on_bytes) {
  const std::int64_t there = etag.empty() ? 0 : file.size();
  if (there > 0)
    call.headers = {"Range: bytes=" + std::to_string(there) + "-", "If-Range: " + etag};
  Result<void> written = there > 0 ? Result<void>() : file.cut(0);
  if (!written) return written.error();
  bool begun = there == 0;
  bool came = false;
  const auto sink = [&](long status, std::string_view bytes) {
    // Another answer than the rest begins anew.
    if (!std::exchange(begun, true) && status != kPartialContent) written = file.cut(0);
    if (written) written = file.write(bytes);
    came = true;
    on_bytes();
    return written.ok();
  };
  auto reply = downloads_.ask(call, sink);
  if (came) etag = downloads_.etag();
  if (!written) return written.error();
  if (reply && reply->status == kNoSuchRange) etag.clear();
  return reply;
}

Result<rescue::Answer> VendorApi::download(const std::string& url, bool private_too,
                                           GrowingFile& file,
                                           const std::function<void()>& on_bytes) {
  HttpCall call;
  call.url = url;
  call.ca_file = settings_.ca_file;
  call.proxy = settings_.proxy;
  call.timeout = settings_.timeout;
  call.deadline = kLongestDownload;
  call.redirects = kRedirects;
  call.public_only = !private_too;
  rescue::Pacer pacer(settings_.pace);
  rescue::Answer answer;
  answer.verdict = Verdict::Refused;
  std::string etag;
  for (int tries = 0; tries < kDownloadTries; ++tries) {
    auto rested = rest(pacer.waitFrom(now()));
    if (!rested) return rested.error();
    const std::int64_t before = file.size();
    const auto reply = downloadOnce(call, file, etag, on_bytes);
    if (reply && reply->status < 300) return rescue::Answer{};
    milliseconds retry_after{0};
    if (reply) {
      answer.status = static_cast<int>(reply->status);
      answer.reason = "HTTP " + std::to_string(reply->status);
      // What the body says is for people.
      const bool passes = rescue::judge(answer.status, "").verdict == Verdict::TryAgain;
      if (!passes && reply->status != kNoSuchRange) return answer;
      retry_after = reply->retry_after;
    } else {
      if (reply.error().code == Errc::Closed) return stopped();
      if (reply.error().code == Errc::StoreFailed) return reply.error();
      answer.reason = reply.error().detail;
      if (reply.error().code == Errc::Rejected) return answer;
      // Whose fault is it? With the network gone this waits.
      const auto there = get("/1.1/date");
      if (!there) return there.error();
    }
    if (!etag.empty() && file.size() - before >= kWorthATry) {
      tries = 0;
      pacer.succeeded();
    }
    if (!pacer.failed(now(), retry_after)) break;
    if (on_pause_) on_pause_(answer.reason, pacer.waitFrom(now()));
  }
  return answer;
}

}  // namespace kith::tools
