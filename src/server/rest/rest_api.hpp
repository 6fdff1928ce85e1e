// SPDX-License-Identifier: Apache-2.0
// What the server answers over HTTP: the router of avos-v1 §1, the message log and groups of §11,
// and whether it is well. One table says what there is and under which key; keys are looked at in
// one place. Owned by the front, loop thread only.
#pragma once

#include <kith/server.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/server/listener.hpp"
#include "server/rest/class_api.hpp"
#include "server/rest/events_api.hpp"
#include "server/rest/file_api.hpp"
#include "server/rest/import_api.hpp"
#include "server/rest/key_auth.hpp"
#include "server/rest/read_auth.hpp"
#include "server/rest/rest_host.hpp"
#include "server/rest/route_table.hpp"
#include "server/rest/rtm_api.hpp"
#include "server/rest/sign_api.hpp"
#include "server/rest/standing_api.hpp"
#include "server/rest/storage_calls.hpp"
#include "server/storage/storage.hpp"

namespace kith::rest {

/// What it needs of the server's options.
struct RestOptions {
  apps::AppsPtr apps;  ///< from the start; RestApi::setApps() brings others
  ConnectionLimits connections;
  std::size_t frame_bytes{0};
  std::string public_url;
  std::chrono::seconds route_ttl{0};
  bool tls{false};
  std::string admin_key;  ///< empty = there is none
  bool admin_remote{false};
  /// Its questions to the storage have numbers beyond this one.
  storage::Token first_token{0};
};

class RestApi final : public storage::AnswerSink {
 public:
  /// Everything named outlives it. `more` are routes beside its own.
  RestApi(RestOptions options, storage::Storage& storage, const RestHosts& hosts,
          base::Random& random, std::vector<Route> more = {});

  /// The headers it looks at.
  static std::vector<std::string> headers();

  void answer(net::RequestId request, const net::HttpCall& call);
  void body(net::RequestId request, std::string_view bytes);
  void gone(net::RequestId request) { waiting_.erase(request); }
  /// Begins reads that wait for their turn: once in each turn of the loop.
  void beginReads() { calls_.begin(); }
  bool hasReadsToBegin() const { return calls_.mayBegin(); }
  /// From the next request on these, and what works is as they say.
  void setApps(const apps::AppsPtr& apps);

  // storage::AnswerSink
  void onAnswer(storage::Answer& answer) override { calls_.onAnswer(answer); }

 private:
  RouteTable routes(std::vector<Route> more);
  /// True: the app and whether it is the master are known, or the route needs neither. Otherwise it
  /// is refused.
  bool authorize(const Route& route, Request& request);
  /// The same for what administers the server.
  bool authorizeAdmin(Request& request);
  bool mayAdminister(const Request& request);
  bool authorizeKey(Request& request);
  /// Answers, and says in the log why.
  bool turnAway(const Request& request, int status, int code, std::string_view why);
  net::HttpReply refuseUnsigned(const Request& request, std::string_view why);
  std::optional<net::HttpReply> route(const Request& request) const;
  std::optional<net::HttpReply> history(const Request& request);
  std::optional<net::HttpReply> group(const Request& request);

  const RestOptions options_;
  RestHost& host_;
  KeyAuth keys_;
  ReadAuth auth_;
  StorageCalls calls_;
  ClassApi classes_{calls_};
  EventsApi events_{calls_};
  RtmApi rtm_;
  StandingApi standings_;
  SignApi sign_;
  FileApi files_;
  ImportApi import_;
  const RouteTable table_;
  std::map<net::RequestId, net::HttpCall> waiting_;  ///< their bodies are on their way
};

}  // namespace kith::rest
