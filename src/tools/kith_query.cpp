// SPDX-License-Identifier: Apache-2.0
// kith query, history and status: ask once, print the answer.
#include <kith/session_manager.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <unistd.h>

#include "tools/commands.hpp"
#include "tools/peer_client.hpp"
#include "tools/terminal.hpp"

namespace kith::tools {

using Peers = std::vector<std::string>;

int runQuery(const Settings& settings, const QueryArgs& args) {
  const auto printer = std::make_shared<EventPrinter>(settings.json, true);
  const auto client = PeerClient::make(settings, args.peer, printer);
  if (!client || !client->open({})) return 1;
  const Peers asked = splitPeers(args.peers);
  const Result<Peers> online = client->await<Peers>(
      [&](PeersCompletion done) { client->session().query(asked, std::move(done)); });
  if (!online) return complain("query failed", online.error());
  Peers on;
  Peers off;
  for (const std::string& peer : asked) {
    const bool found = std::find(online->begin(), online->end(), peer) != online->end();
    (found ? on : off).push_back(peer);
  }
  if (settings.json) {
    printer->print(eventLine("online", args.peer).list("peers", on));
    printer->print(eventLine("offline", args.peer).list("peers", off));
  } else {
    for (const std::string& peer : asked) {
      const bool found = std::find(on.begin(), on.end(), peer) != on.end();
      printer->print(peer + (found ? ": online" : ": offline"));
    }
  }
  return 0;
}

namespace {

/// What is asked for, newest first, page after page.
Result<std::vector<Message>> readHistory(PeerClient& client, const HistoryArgs& args) {
  constexpr std::size_t kMostOfPage = 1000;
  HistoryQuery query;
  query.peer = args.with;
  query.group_id = args.group;
  query.before = Timestamp(std::chrono::milliseconds(args.before));
  query.before_id = args.before_id;
  std::vector<Message> all;
  while (all.size() < args.limit) {
    query.limit = static_cast<int>(std::min(args.limit - all.size(), kMostOfPage));
    Result<std::vector<Message>> page = client.await<std::vector<Message>>(
        [&](HistoryCompletion done) { client.manager().history(args.peer, query, done); });
    if (!page) return page.error();
    if (page->empty()) break;
    query.olderThan(page->back());
    std::move(page->begin(), page->end(), std::back_inserter(all));
  }
  all.resize(std::min(all.size(), args.limit));
  return all;
}

}  // namespace

int runHistory(const Settings& settings, const HistoryArgs& args) {
  if (args.with.empty() == args.group.empty()) {
    complain(
        "history needs one of --with and --group\n"
        "usage: kith history PEER --with PEER | --group ID [--limit N] [--before MS [--before-id "
        "ID]]");
    return 2;
  }
  const auto printer = std::make_shared<EventPrinter>(settings.json, false);
  const auto client = PeerClient::make(settings, args.peer, printer);
  if (!client) return 1;
  const Result<std::vector<Message>> found = readHistory(*client, args);
  if (!found) return complain("history failed", found.error());
  // Newest first on the wire; people and scripts read downwards.
  for (auto message = found->rbegin(); message != found->rend(); ++message) {
    if (settings.json) {
      printer->print(messageEvent(args.peer, *message));
    } else {
      printer->print(clockTime(message->timestamp) + ' ' +
                     screenText(message->from + ": " + message->text));
    }
  }
  return 0;
}

int runStatus(const Settings& settings) {
  const auto printer = std::make_shared<EventPrinter>(false, true);
  const std::string peer = "kith-status-" + std::to_string(getpid());
  const auto client = PeerClient::make(settings, peer, printer);
  if (!client) return 1;
  using Clock = std::chrono::steady_clock;
  const auto took = [](Clock::time_point since) {
    return std::chrono::duration<double, std::milli>(Clock::now() - since).count();
  };
  const auto before = Clock::now();
  if (!client->open({})) return 1;
  const double open_ms = took(before);
  const auto asked = Clock::now();
  const auto answer = client->await<Peers>(
      [&](PeersCompletion done) { client->session().query({peer}, std::move(done)); });
  if (!answer) return complain("it is up, but did not answer a query", answer.error());
  const double round_ms = took(asked);
  if (settings.json) {
    printer->print(eventLine("status", peer)
                       .text("server", settings.server)
                       .text("app", settings.appId())
                       .number("openMs", open_ms)
                       .number("roundTripMs", round_ms));
  } else {
    char line[160];
    std::snprintf(line, sizeof line, " is up: session opened in %.1f ms, round trip %.2f ms",
                  open_ms, round_ms);
    printer->print(settings.server + line);
  }
  return 0;
}

}  // namespace kith::tools
