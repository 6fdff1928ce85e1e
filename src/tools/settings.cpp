// SPDX-License-Identifier: Apache-2.0
#include "tools/settings.hpp"

#include <kith/signature.hpp>
#include <kith/store.hpp>

#include "tools/log_lines.hpp"

namespace kith::tools {
namespace {

// What waits in a file waits for the next start, which may be next week.
constexpr std::chrono::hours kKeptFor{24 * 7};

}  // namespace

Result<Options> makeOptions(const Settings& settings, std::shared_ptr<Executor> executor) {
  Options options;
  options.app_id = settings.appId();
  options.app_key = settings.appKey();
  // A router answers http; everything else is the address itself.
  if (settings.server.rfind("http", 0) == 0) {
    options.router = settings.server;
  } else {
    options.server = settings.server;
  }
  options.tls.ca_file = settings.ca_file;
  options.executor = std::move(executor);
  // A person waits at the terminal: the second try may be sooner than in an app's background.
  options.reconnect.first_delay = std::chrono::milliseconds{300};
  options.reconnect.max_delay = std::chrono::milliseconds{10000};
  options.log_level = parseLogLevel(settings.log_level);
  if (options.log_level != LogLevel::Off) options.log = writeLogLine;
  if (!settings.store.empty()) {
    auto store = openSqliteStore(settings.store);
    if (!store) return store.error();
    options.store = *store;
    options.outbox.expiry = kKeptFor;
  }
  if (!settings.master_key.empty()) {
    options.signature_factory = LocalSignatureFactory::make(settings.master_key);
  } else if (!settings.sign_url.empty()) {
    HttpSignatureOptions http;
    http.url = settings.sign_url;
    http.tls = options.tls;
    auto factory = HttpSignatureFactory::make(std::move(http));
    if (!factory) return factory.error();
    options.signature_factory = *factory;
  }
  return options;
}

std::vector<std::string> splitPeers(const std::string& text) {
  std::vector<std::string> peers;
  std::size_t from = 0;
  for (std::size_t comma = text.find(','); comma != std::string::npos;
       comma = text.find(',', from)) {
    peers.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  peers.push_back(text.substr(from));
  return peers;
}

}  // namespace kith::tools
