// SPDX-License-Identifier: Apache-2.0
#include "server/config/config.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "json/json_value.hpp"

namespace kith::config {
namespace {

using json::JsonValue;
using Kind = JsonValue::Kind;

constexpr std::int64_t kMillion = 1000 * 1000;
constexpr std::int64_t kGiB = 1024ll * 1024 * 1024;
constexpr std::int64_t kSmallestOutput = 16ll * 1024 * 1024;
constexpr std::int64_t kYearSeconds = 366ll * 24 * 3600;

Error bad(std::string detail) {
  return {Errc::InvalidArgument, 0, "config: " + std::move(detail), false};
}

/// One object of the file. Reads members into settings, remembers the first thing that is wrong and
/// which keys exist.
class Section {
 public:
  Section(const JsonValue& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is(Kind::Object)) {
      problem_ = (path_.empty() ? "the file" : path_) + " must be a JSON object" + lineOf(object);
    }
  }

  void text(std::string_view name, std::string& out) {
    const JsonValue* value = look(name);
    if (value == nullptr) return;
    if (!value->is(Kind::Text)) return wrong(name, "must be a text", value);
    out = value->text;
  }
  void flag(std::string_view name, bool& out) {
    const JsonValue* value = look(name);
    if (value == nullptr) return;
    if (!value->is(Kind::Bool)) return wrong(name, "must be true or false", value);
    out = value->truth;
  }
  template <typename Count>
  void count(std::string_view name, Count& out, std::int64_t low, std::int64_t high) {
    std::int64_t number = 0;
    if (integer(name, number, low, high)) out = static_cast<std::size_t>(number);
  }
  template <typename Rep, typename Period>
  void duration(std::string_view name, std::chrono::duration<Rep, Period>& out, std::int64_t low,
                std::int64_t high) {
    std::int64_t number = 0;
    if (integer(name, number, low, high)) out = std::chrono::duration<Rep, Period>(number);
  }
  /// A word that `read` turns into `out`.
  template <typename Value>
  void word(std::string_view name, Value& out, bool (*read)(std::string_view, Value&),
            std::string_view words) {
    const JsonValue* value = look(name);
    if (value == nullptr) return;
    if (!value->is(Kind::Text) || !read(value->text, out)) {
      wrong(name, "must be one of " + std::string(words), value);
    }
  }
  void texts(std::string_view name, std::vector<std::string>& out) {
    const JsonValue* value = list(name);
    if (value == nullptr || !value->is(Kind::List)) return;
    out.clear();
    for (const JsonValue& item : value->items) {
      if (!item.is(Kind::Text)) return wrong(name, "must be a list of texts", &item);
      out.push_back(item.text);
    }
  }
  const JsonValue* list(std::string_view name) {
    const JsonValue* value = look(name);
    if (value != nullptr && !value->is(Kind::List)) wrong(name, "must be a list", value);
    return value;
  }
  /// An object inside this one, which `read` turns into `out`.
  template <typename Value>
  void object(std::string_view name, Value& out,
              std::string (*read)(const JsonValue&, std::string, Value&)) {
    if (const JsonValue* value = look(name)) adopt(read(*value, pathOf(name), out));
  }
  /// `at`: the value that is to blame; null = the object.
  void wrong(std::string_view name, std::string_view what, const JsonValue* at = nullptr) {
    if (!problem_.empty()) return;
    problem_ = pathOf(name).append(" ").append(what) + lineOf(at != nullptr ? *at : object_);
  }
  void adopt(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }

  /// After all reads: what is wrong, an unknown key included; empty when nothing is.
  std::string problem() const {
    if (!problem_.empty()) return problem_;
    for (const auto& [name, value] : object_.members) {
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      std::string detail = pathOf(name) + " is not a setting; there are ";
      for (const std::string_view key : known_) {
        if (key != known_.front()) detail += ", ";
        detail.append(key);
      }
      return detail + lineOf(value);
    }
    return {};
  }

 private:
  const JsonValue* look(std::string_view name) {
    known_.push_back(name);
    return object_.find(name);
  }
  static std::string lineOf(const JsonValue& value) {
    return value.line == 0 ? std::string() : " (line " + std::to_string(value.line) + ")";
  }
  std::string pathOf(std::string_view name) const {
    std::string path = path_.empty() ? std::string() : path_ + '.';
    return path.append(name);
  }
  bool integer(std::string_view name, std::int64_t& out, std::int64_t low, std::int64_t high) {
    const JsonValue* value = look(name);
    if (value == nullptr) return false;
    const auto number = value->integer();
    if (number && *number >= low && *number <= high) {
      out = *number;
      return true;
    }
    wrong(name,
          "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high),
          value);
    return false;
  }

  const JsonValue& object_;
  std::string path_;
  std::string problem_;
  std::vector<std::string_view> known_;
};

bool readTlsVersion(std::string_view name, TlsVersion& version) {
  if (name != "1.2" && name != "1.3") return false;
  version = name == "1.3" ? TlsVersion::Tls13 : TlsVersion::Tls12;
  return true;
}

std::string readSwitches(const JsonValue& object, std::string path, Switches& switches) {
  Section section(object, std::move(path));
  section.flag("presence", switches.presence);
  section.flag("history", switches.history);
  section.flag("replay_priority", switches.replay_priority);
  section.flag("receipts", switches.receipts);
  return section.problem();
}

std::string readRates(const JsonValue& object, std::string path, RateLimits& rates) {
  Section section(object, std::move(path));
  section.count("peer_per_second", rates.peer_per_second, 0, kMillion);
  section.count("peer_burst", rates.peer_burst, 1, 100 * kMillion);
  section.count("app_per_second", rates.app_per_second, 0, 100 * kMillion);
  section.count("app_burst", rates.app_burst, 1, 1000 * kMillion);
  section.duration("patience_s", rates.patience, 0, kYearSeconds);
  return section.problem();
}

std::string readConnections(const JsonValue& object, std::string path, ConnectionLimits& limits) {
  Section section(object, std::move(path));
  section.count("per_address", limits.per_address, 0, 10 * kMillion);
  section.count("unopened_per_address", limits.unopened_per_address, 0, 10 * kMillion);
  section.count("new_per_second", limits.new_per_second, 0, kMillion);
  section.count("new_burst", limits.new_burst, 1, 10 * kMillion);
  section.count("refused_signatures", limits.refused_signatures, 0, kMillion);
  section.count("http_requests", limits.http_requests, 1, kMillion);
  section.count("http_requests_per_address", limits.http_requests_per_address, 0, kMillion);
  section.count("output_per_address", limits.output_per_address, 0, 1024 * kGiB);
  section.count("output_in_all", limits.output_in_all, kSmallestOutput, 1024 * kGiB);
  section.count("least_bytes_per_second", limits.least_bytes_per_second, 0, kGiB);
  section.duration("handshake_timeout_s", limits.handshake_timeout, 1, 3600);
  section.count("commands_per_second", limits.commands_per_second, 0, kMillion);
  section.count("commands_burst", limits.commands_burst, 1, 100 * kMillion);
  section.count("storage_requests", limits.storage_requests, 1, 10 * kMillion);
  return section.problem();
}

}  // namespace

std::string readApp(const JsonValue& object, std::string path, AppOptions& app) {
  Section section(object, std::move(path));
  section.text("id", app.id);
  section.text("app_key", app.app_key);
  section.text("master_key", app.master_key);
  section.text("sign_in_url", app.sign_in_url);
  section.flag("require_signature", app.require_signature);
  section.flag("allow_colons", app.allow_colons);
  section.word("require_watch", app.require_watch, readRequireWatch,
               "always, with-signature, never");
  section.flag("legacy_silent", app.legacy_silent);
  section.duration("signature_window_s", app.signature_window, 0, kYearSeconds);
  section.count("nonce_cache", app.nonce_cache, 0, 100 * kMillion);
  section.count("offline_messages", app.offline_messages, 0, kMillion);
  section.duration("offline_age_s", app.offline_age, 1, 10 * kYearSeconds);
  section.count("unacknowledged_messages", app.unacknowledged_messages, 1, 100 * kMillion);
  section.count("watched_peers", app.watched_peers, 0, kMillion);
  section.count("sessions_per_peer", app.sessions_per_peer, 1, 10 * 1000);
  section.count("group_members", app.group_members, 1, kMillion);
  section.duration("offline_grace_ms", app.offline_grace, 0, 3600 * 1000);
  section.object("rates", app.rates, readRates);
  section.object("switches", app.switches, readSwitches);
  if (app.id.empty()) section.wrong("id", "must be a text that is not empty");
  return section.problem();
}

Result<ServerOptions> parseServerOptions(std::string_view json) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  // Some editors begin a text with it.
  if (json.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    json.remove_prefix(kByteOrderMark.size());
  }
  const Result<JsonValue> parsed = json::parseJson(json, "the file");
  if (!parsed) return bad(parsed.error().detail);
  ServerOptions options;
  Section section(*parsed, "");
  section.text("listen", options.listen);
  section.texts("also_listen", options.also_listen);
  section.text("metrics_listen", options.metrics_listen);
  section.text("data", options.data);
  if (const JsonValue* apps = section.list("apps"); apps != nullptr) {
    for (std::size_t i = 0; i < apps->items.size(); ++i) {
      section.adopt(
          readApp(apps->items[i], "apps[" + std::to_string(i) + "]", options.apps.emplace_back()));
    }
  }
  section.text("tls_cert", options.tls_cert);
  section.text("tls_key", options.tls_key);
  section.word("tls_min_version", options.tls_min_version, readTlsVersion, "1.2, 1.3");
  section.text("tls_ciphers", options.tls_ciphers);
  section.text("tls13_ciphers", options.tls13_ciphers);
  section.texts("allowed_origins", options.allowed_origins);
  section.texts("trusted_proxies", options.trusted_proxies);
  section.flag("proxy_protocol", options.proxy_protocol);
  section.count("frame_bytes", options.frame_bytes, 128, 16 * kMillion);
  section.duration("login_timeout_ms", options.login_timeout, 100, kYearSeconds);
  section.duration("idle_timeout_ms", options.idle_timeout, 100, kYearSeconds);
  section.count("output_bytes", options.output_bytes, 64 * 1024, kGiB);
  section.count("io_threads", options.io_threads, 0, limits::kIoThreads);
  section.count("max_connections", options.max_connections, 0, 10 * kMillion);
  section.count("peers_per_connection", options.peers_per_connection, 1, 10 * kMillion);
  section.object("connections", options.connections, readConnections);
  section.object("switches", options.switches, readSwitches);
  section.text("public_url", options.public_url);
  section.duration("route_ttl_s", options.route_ttl, 0, kYearSeconds);
  section.text("admin_key", options.admin_key);
  section.flag("admin_remote", options.admin_remote);
  section.word("log_level", options.log_level, readLogLevel,
               "trace, debug, info, warn, error, off");
  if (std::string problem = section.problem(); !problem.empty()) return bad(std::move(problem));
  return options;
}

bool readLogLevel(std::string_view name, LogLevel& level) {
  constexpr std::pair<std::string_view, LogLevel> kNames[] = {
      {"trace", LogLevel::Trace}, {"debug", LogLevel::Debug}, {"info", LogLevel::Info},
      {"warn", LogLevel::Warn},   {"error", LogLevel::Error}, {"off", LogLevel::Off}};
  for (const auto& [known, value] : kNames) {
    if (known == name) return level = value, true;
  }
  return false;
}

bool readRequireWatch(std::string_view name, RequireWatch& rule) {
  constexpr std::pair<std::string_view, RequireWatch> kNames[] = {
      {"always", RequireWatch::On},
      {"with-signature", RequireWatch::WithSignature},
      {"never", RequireWatch::Off}};
  for (const auto& [known, value] : kNames) {
    if (known == name) return rule = value, true;
  }
  return false;
}

}  // namespace kith::config
