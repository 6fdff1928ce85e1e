// SPDX-License-Identifier: Apache-2.0
#include "server/config/config.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("config: an empty object keeps every default") {
  const auto parsed = parseServerOptions("{}");
  REQUIRE(parsed);
  const ServerOptions defaults;
  CHECK(parsed->listen == defaults.listen);
  CHECK(parsed->data == defaults.data);
  CHECK(parsed->apps.empty());
  CHECK(parsed->frame_bytes == defaults.frame_bytes);
  CHECK(parsed->idle_timeout == defaults.idle_timeout);
  CHECK(parsed->log_level == defaults.log_level);
}

TEST_CASE("config: a byte order mark before the object is nothing") {
  const auto options = parseServerOptions("\xef\xbb\xbf{\"listen\":\"127.0.0.1:9\"}\r\n");
  REQUIRE(options.ok());
  CHECK(options->listen == "127.0.0.1:9");
  CHECK_FALSE(parseServerOptions("\xef\xbb{}").ok());
  CHECK_FALSE(parseServerOptions("{\xef\xbb\xbf}").ok());
}

TEST_CASE("config: every setting arrives") {
  const auto parsed = parseServerOptions(R"({
    "listen": "[::1]:7700", "also_listen": ["127.0.0.1:1", "10.0.0.1:2"], "metrics_listen": "127.0.0.1:9", "data": "/var/lib/kith", "tls_cert": "c.pem", "tls_key": "k.pem",
    "tls_min_version": "1.3", "tls_ciphers": "ECDHE+AESGCM",
    "tls13_ciphers": "TLS_AES_256_GCM_SHA384", "allowed_origins": ["https://a", "http://b:1"],
    "trusted_proxies": ["10.0.0.0/8"], "proxy_protocol": true,
    "frame_bytes": 6000, "login_timeout_ms": 1000, "idle_timeout_ms": 2000,
    "output_bytes": 100000, "io_threads": 3, "max_connections": 7, "peers_per_connection": 8,
    "public_url": "wss://chat", "route_ttl_s": 60, "log_level": "debug",
    "apps": [{"id": "a", "app_key": "k", "master_key": "m", "require_signature": true, "allow_colons": true,
              "require_watch": "with-signature", "legacy_silent": true, "signature_window_s": 5,
              "nonce_cache": 6, "offline_messages": 7, "offline_age_s": 8,
              "unacknowledged_messages": 9, "watched_peers": 10, "sessions_per_peer": 18, "group_members": 11,
              "offline_grace_ms": 12,
              "rates": {"peer_per_second": 13, "peer_burst": 14, "app_per_second": 15,
                        "app_burst": 16, "patience_s": 17},
              "switches": {"history": false}},
             {"id": "b", "require_watch": "never"}]})");
  REQUIRE(parsed);
  CHECK(parsed->listen == "[::1]:7700");
  CHECK(parsed->also_listen == std::vector<std::string>{"127.0.0.1:1", "10.0.0.1:2"});
  CHECK(parsed->data == "/var/lib/kith");
  CHECK(parsed->tls_cert == "c.pem");
  CHECK(parsed->tls_key == "k.pem");
  CHECK(parsed->tls_min_version == TlsVersion::Tls13);
  CHECK(parsed->tls_ciphers == "ECDHE+AESGCM");
  CHECK(parsed->tls13_ciphers == "TLS_AES_256_GCM_SHA384");
  CHECK(parsed->allowed_origins == std::vector<std::string>{"https://a", "http://b:1"});
  CHECK(parsed->trusted_proxies == std::vector<std::string>{"10.0.0.0/8"});
  CHECK(parsed->proxy_protocol);
  CHECK(parsed->metrics_listen == "127.0.0.1:9");
  CHECK(parsed->frame_bytes == 6000);
  CHECK(parsed->login_timeout == milliseconds(1000));
  CHECK(parsed->idle_timeout == milliseconds(2000));
  CHECK(parsed->output_bytes == 100000);
  CHECK(parsed->io_threads == 3u);
  CHECK(parsed->max_connections == 7);
  CHECK(parsed->peers_per_connection == 8);
  CHECK(parsed->public_url == "wss://chat");
  CHECK(parsed->route_ttl == seconds(60));
  CHECK(parsed->log_level == LogLevel::Debug);
  REQUIRE(parsed->apps.size() == 2);
  const AppOptions& app = parsed->apps[0];
  CHECK(app.id == "a");
  CHECK(app.app_key == "k");
  CHECK(app.master_key == "m");
  CHECK(app.require_signature);
  CHECK(app.allow_colons);
  CHECK(app.require_watch == RequireWatch::WithSignature);
  CHECK(app.legacy_silent);
  CHECK(app.signature_window == seconds(5));
  CHECK(app.nonce_cache == 6);
  CHECK(app.offline_messages == 7);
  CHECK(app.offline_age == seconds(8));
  CHECK(app.unacknowledged_messages == 9);
  CHECK(app.watched_peers == 10);
  CHECK(app.sessions_per_peer == 18);
  CHECK(app.group_members == 11);
  CHECK(app.offline_grace == milliseconds(12));
  CHECK(app.rates.peer_per_second == 13);
  CHECK(app.rates.peer_burst == 14);
  CHECK(app.rates.app_per_second == 15);
  CHECK(app.rates.app_burst == 16);
  CHECK(app.rates.patience == seconds(17));
  CHECK_FALSE(app.switches.history);
  CHECK(app.switches.presence);
  CHECK(parsed->apps[1].require_watch == RequireWatch::Off);
  CHECK(parsed->apps[1].offline_messages == AppOptions{}.offline_messages);
}

TEST_CASE("config: limits of connections and switches arrive") {
  const auto parsed = parseServerOptions(R"({
    "connections": {"per_address": 1, "unopened_per_address": 2, "new_per_second": 3,
                    "new_burst": 4, "refused_signatures": 5, "http_requests": 6,
                    "handshake_timeout_s": 7, "commands_per_second": 8, "commands_burst": 9,
                    "storage_requests": 10, "http_requests_per_address": 11,
                    "output_per_address": 12, "output_in_all": 16777216,
                    "least_bytes_per_second": 14},
    "switches": {"presence": false, "history": true, "replay_priority": false,
                 "receipts": false}})");
  REQUIRE(parsed);
  const ConnectionLimits& limits = parsed->connections;
  CHECK(limits.per_address == 1);
  CHECK(limits.unopened_per_address == 2);
  CHECK(limits.new_per_second == 3);
  CHECK(limits.new_burst == 4);
  CHECK(limits.refused_signatures == 5);
  CHECK(limits.http_requests == 6);
  CHECK(limits.handshake_timeout == seconds(7));
  CHECK(limits.commands_per_second == 8);
  CHECK(limits.commands_burst == 9);
  CHECK(limits.storage_requests == 10);
  CHECK(limits.http_requests_per_address == 11);
  CHECK(limits.output_per_address == 12);
  CHECK(limits.output_in_all == 16777216);
  CHECK(limits.least_bytes_per_second == 14);
  CHECK_FALSE(parsed->switches.presence);
  CHECK(parsed->switches.history);
  CHECK_FALSE(parsed->switches.replay_priority);
  CHECK_FALSE(parsed->switches.receipts);
}

TEST_CASE("config: what is wrong is named with its path") {
  const struct {
    const char* json;
    const char* why;
  } rows[] = {
      {"", "config: the file is not JSON"},
      {"{\"listen\": }", "config: the file is not JSON"},
      {"{\n\"listen\": }", "(line 2, byte"},
      {"{\"data\":\"x\",\n\"listen\":7700}", "config: listen must be a text (line 2)"},
      {"{\n\"liste\":\n\"x\"}", "(line 3)"},
      {"{\"apps\":[{\"id\":\"a\"},\n{\n\"offline_messages\":\"x\"\n}]}",
       "config: apps[1].offline_messages must be a whole number from 0 to 1000000 (line 3)"},
      {"{\"apps\":[{\"id\":\"a\"},\n{\n\"app_key\":\"x\"\n}]}",
       "config: apps[1].id must be a text that is not empty (line 2)"},
      {"[]", "config: the file must be a JSON object"},
      {R"({"a":1,"a":2})", "comes twice"},
      {R"({"listen":7700})", "config: listen must be a text"},
      {R"({"liste":"x"})",
       "config: liste is not a setting; there are listen, also_listen, metrics_listen, data, apps"},
      {R"({"frame_bytes":"5000"})", "config: frame_bytes must be a whole number from 128 to"},
      {R"({"frame_bytes":127})", "config: frame_bytes must be a whole number from 128 to"},
      {R"({"frame_bytes":16000001})", "config: frame_bytes must be a whole number from 128 to"},
      {R"({"frame_bytes":5000.5})", "config: frame_bytes must be a whole number"},
      {R"({"frame_bytes":99999999999999999999})", "config: frame_bytes must be a whole number"},
      {R"({"max_connections":-1})", "config: max_connections must be a whole number from 0"},
      {R"({"idle_timeout":1})", "config: idle_timeout is not a setting"},
      {R"({"idle_timeout_ms":true})", "config: idle_timeout_ms must be a whole number"},
      {R"({"log_level":"loud"})", "config: log_level must be one of trace, debug, info"},
      {R"({"log_level":3})", "config: log_level must be one of trace, debug, info"},
      {R"({"tls_min_version":"1.1"})", "config: tls_min_version must be one of 1.2, 1.3"},
      {R"({"allowed_origins":"https://a"})", "config: allowed_origins must be a list"},
      {R"({"allowed_origins":[1]})", "config: allowed_origins must be a list of texts"},
      {R"({"connections":[]})", "config: connections must be a JSON object"},
      {R"({"connections":{"handshake_timeout_s":0}})",
       "config: connections.handshake_timeout_s must be a whole number from 1 to 3600"},
      {R"({"connections":{"http":1}})",
       "config: connections.http is not a setting; there are per_"},
      {R"({"switches":{"presence":"no"}})", "config: switches.presence must be true or false"},
      {R"({"apps":[{"id":"a","rates":{"peer_burst":0}}]})",
       "config: apps[0].rates.peer_burst must be a whole number from 1 to 100000000"},
      {R"({"apps":{}})", "config: apps must be a list"},
      {R"({"apps":["x"]})", "config: apps[0] must be a JSON object"},
      {R"({"apps":[{}]})", "config: apps[0].id must be a text that is not empty"},
      {R"({"apps":[{"id":"a"},{"id":5}]})", "config: apps[1].id must be a text"},
      {R"({"apps":[{"id":"a","offline_messages":"50"}]})",
       "config: apps[0].offline_messages must be a whole number from 0 to 1000000"},
      {R"({"apps":[{"id":"a","require_signature":1}]})",
       "config: apps[0].require_signature must be true or false"},
      {R"({"apps":[{"id":"a","require_watch":"sometimes"}]})",
       "config: apps[0].require_watch must be one of always, with-signature, never"},
      {R"({"apps":[{"id":"a"},{"id":"b","masterkey":"x"}]})",
       "config: apps[1].masterkey is not a setting; there are id, app_key, master_key"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.json);
    const auto parsed = parseServerOptions(row.json);
    REQUIRE_FALSE(parsed);
    CAPTURE(parsed.error().detail);
    CHECK(parsed.error().code == Errc::InvalidArgument);
    CHECK(parsed.error().detail.find(row.why) != std::string::npos);
  }
}

TEST_CASE("config: an error never quotes a key (R25)") {
  const auto parsed =
      parseServerOptions(R"({"apps":[{"id":"a","master_key":["secret"],"x":"secret"}]})");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().detail.find("secret") == std::string::npos);
}

}  // namespace
}  // namespace kith::config
