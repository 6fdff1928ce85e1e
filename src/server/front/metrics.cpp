// SPDX-License-Identifier: Apache-2.0
#include "server/front/metrics.hpp"

#include <kith/server.hpp>

#include <chrono>
#include <cstdio>

#include "net/server/shared_port.hpp"

namespace kith::front {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// In the order of SignatureFault.
constexpr const char* kFaultNames[] = {"missing", "malformed", "colon",    "old",
                                       "future",  "wrong",     "replayed", "no_super"};

std::uint64_t nanoseconds() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

std::string secondsOf(std::uint64_t nanoseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(nanoseconds) / 1e9);
  return text;
}

void head(std::string& out, const std::string& name, const char* type, const char* help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  out.append(name).append(" ").append(type).append("\n");
}

void line(std::string& out, const std::string& name, std::uint64_t value) {
  out.append(name).append(" ").append(std::to_string(value)).append("\n");
}

void one(std::string& out, const char* name, const char* type, const char* help,
         std::uint64_t value) {
  head(out, name, type, help);
  line(out, name, value);
}

void add(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(kRelaxed) + 1, kRelaxed);  // there is one writer
}

}  // namespace

void Histogram::observe(std::uint64_t nanoseconds) {
  std::size_t bucket = 0;
  for (std::uint64_t bound = kFirst; bucket < kBuckets && nanoseconds > bound; bound *= 2) ++bucket;
  add(counts_[bucket]);
  sum_.store(sum_.load(kRelaxed) + nanoseconds, kRelaxed);
}

// The count is the sum of the buckets as they were read, so that the lines agree with each other.
void Histogram::write(std::string& out, const char* name, const char* help) const {
  head(out, name, "histogram", help);
  const std::string text = name;
  std::uint64_t below = 0;
  std::uint64_t bound = kFirst;
  for (std::size_t i = 0; i < kBuckets; ++i, bound *= 2) {
    below += counts_[i].load(kRelaxed);
    line(out, text + "_bucket{le=\"" + secondsOf(bound) + "\"}", below);
  }
  below += counts_[kBuckets].load(kRelaxed);
  line(out, text + "_bucket{le=\"+Inf\"}", below);
  out.append(text).append("_sum ").append(secondsOf(sum_.load(kRelaxed))).append("\n");
  line(out, text + "_count", below);
}

void Metrics::asked(storage::Token token) {
  if (timed_ != 0) return;
  timed_ = token;
  durable_ = false;
  since_ = nanoseconds();
}

void Metrics::answered(storage::Token token, bool ok) {
  if (!ok) add(storage_failures_);
  if (token != timed_ || timed_ == 0) return;
  if (ok) {
    durable_ = true;
    commit_.observe(nanoseconds() - since_);
  } else {
    timed_ = 0;
  }
}

void Metrics::flushed() {
  if (!durable_ || timed_ == 0) return;
  delivery_.observe(nanoseconds() - since_);
  timed_ = 0;
}

void Metrics::refusedSignature(core::SignatureFault fault) {
  add(faults_[static_cast<std::size_t>(fault) % kFaults]);
}

void Metrics::replied(int status) {
  if (status > 0 && static_cast<std::size_t>(status) < kStatuses) {
    add(statuses_[static_cast<std::size_t>(status)]);
  }
}

void Metrics::closed(std::uint16_t code) {
  std::size_t index = kCodes + kOwn;
  if (code >= kFirstCode && code < kFirstCode + kCodes) index = code - kFirstCode;
  if (code >= kFirstOwn && code < kFirstOwn + kOwn) index = code - kFirstOwn + kCodes;
  add(codes_[index]);
}

void Metrics::publish(const core::HubStats& hub, const storage::StorageStats& storage,
                      std::size_t outstanding, std::size_t backlogs) {
  connections_.store(hub.connections, kRelaxed);
  sessions_.store(hub.sessions, kRelaxed);
  frames_in_.store(hub.frames_in, kRelaxed);
  frames_out_.store(hub.frames_out, kRelaxed);
  messages_.store(hub.messages, kRelaxed);
  commits_.store(storage.commits, kRelaxed);
  expired_.store(storage.expired, kRelaxed);
  log_bytes_.store(storage.log_bytes, kRelaxed);
  outstanding_.store(outstanding, kRelaxed);
  backlogs_.store(backlogs, kRelaxed);
}

ServerStats Metrics::stats() const {
  return {connections_.load(), sessions_.load(), frames_in_.load(), frames_out_.load(),
          messages_.load(),    commits_.load(),  expired_.load()};
}

std::string Metrics::text(const net::SharedPort& port) const {
  std::string out;
  one(out, "kith_connections", "gauge", "WebSocket connections open now.", connections_);
  one(out, "kith_sessions", "gauge", "Sessions open now.", sessions_);
  one(out, "kith_frames_in_total", "counter", "Frames taken in.", frames_in_);
  one(out, "kith_frames_out_total", "counter", "Frames handed out.", frames_out_);
  one(out, "kith_messages_total", "counter", "Persistent messages accepted.", messages_);
  one(out, "kith_commits_total", "counter", "Commits of the storage.", commits_);
  one(out, "kith_storage_failures_total", "counter", "Answers of the storage that were failures.",
      storage_failures_);
  one(out, "kith_messages_expired_total", "counter",
      "Messages left out as older than offline_age when their receivers came back.", expired_);
  one(out, "kith_storage_log_bytes", "gauge", "What waits to be brought into the database file.",
      log_bytes_);
  one(out, "kith_storage_outstanding", "gauge", "Answers that the storage owes.", outstanding_);
  one(out, "kith_backlogs", "gauge", "Connections whose frames wait for the service.", backlogs_);
  one(out, "kith_output_bytes", "gauge", "Bytes that wait because they are not read.",
      port.addresses.kept());
  commit_.write(out, "kith_commit_seconds",
                "From a message's acceptance to its commit; one message at a time is timed.");
  delivery_.write(
      out, "kith_delivery_seconds",
      "From a message's acceptance until its deliveries were handed to the sockets; one "
      "message at a time is timed.");
  writeRefusals(out, port);
  return out;
}

void Metrics::writeRefusals(std::string& out, const net::SharedPort& port) const {
  const char* name = "kith_connections_refused_total";
  head(out, name, "counter", "New connections that were not let in, by cause.");
  line(out, std::string(name) + "{cause=\"dropped\"}", port.dropped);
  line(out, std::string(name) + "{cause=\"busy\"}", port.refused);
  one(out, "kith_http_refused_total", "counter",
      "Requests that were refused before the service heard of them: malformed, too many, too long.",
      port.turned_away);
  name = "kith_signatures_refused_total";
  head(out, name, "counter", "Commands whose signature did not count, by cause.");
  for (std::size_t i = 0; i < kFaults; ++i) {
    line(out, std::string(name) + "{cause=\"" + kFaultNames[i] + "\"}", faults_[i]);
  }
  name = "kith_http_replies_total";
  head(out, name, "counter", "Answers over HTTP, by status.");
  for (std::size_t i = 0; i < kStatuses; ++i) {
    const std::uint64_t count = statuses_[i].load(kRelaxed);
    if (count > 0) line(out, std::string(name) + "{status=\"" + std::to_string(i) + "\"}", count);
  }
  name = "kith_closes_total";
  head(out, name, "counter", "Connections that the service closed, by close code.");
  for (std::size_t i = 0; i < codes_.size(); ++i) {
    const std::uint64_t count = codes_[i].load(kRelaxed);
    if (count == 0) continue;
    const std::string code = i < kCodes          ? std::to_string(kFirstCode + i)
                             : i < kCodes + kOwn ? std::to_string(kFirstOwn + i - kCodes)
                                                 : "other";
    line(out, std::string(name) + "{code=\"" + code + "\"}", count);
  }
}

}  // namespace kith::front
