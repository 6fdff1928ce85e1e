// SPDX-License-Identifier: Apache-2.0
// What the server answers over HTTP: the router of avos-v1 §1, the message log and groups of §11,
// and whether it is well. Owned by the front, loop thread only.
#pragma once

#include <kith/server_limits.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/server/listener.hpp"
#include "server/front/read_auth.hpp"
#include "server/front/read_queue.hpp"
#include "server/front/storage_mux.hpp"

namespace kith {
struct AppOptions;
}

namespace kith::front {

struct Settings;

class HttpApi final : public storage::AnswerSink {
 public:
  using Reply = std::function<void(net::RequestId, net::HttpReply)>;
  /// A read without a good signature, and what its answer says; `forged`: no key of ours made it.
  using Refused = std::function<void(const net::HttpCall&, std::string_view app_id,
                                     std::string_view why, bool forged)>;

  /// `settings` and `storage` outlive it. `reply` is called once for every request.
  HttpApi(const Settings& settings, StorageMux& storage, Reply reply, Refused refused);

  /// The headers it looks at.
  static std::vector<std::string> headers();

  void answer(net::RequestId request, const net::HttpCall& call);
  /// Begins reads that wait for their turn: once in each turn of the loop.
  void beginReads() { reads_.begin(); }
  bool hasReadsToBegin() const { return reads_.mayBegin(); }
  /// From now on these work; see Server::setSwitches().
  void setSwitches(const Switches& switches) { history_on_ = switches.history; }

  // storage::AnswerSink, for tokens with kHttpToken
  void onAnswer(storage::Answer& answer) override;

 private:
  void onGroup(net::RequestId request, Result<storage::FoundGroup>& group);
  void onHistory(net::RequestId request, Result<storage::HistoryPage>& page);
  net::HttpReply route(const net::HttpCall& call) const;
  const AppOptions* findApp(std::string_view id) const;
  /// The app that the request may read; otherwise an answer that says why not.
  const AppOptions* authorize(const net::HttpCall& call, bool& master,
                              net::HttpReply& refusal) const;
  /// The answer to a read that showed no good signature.
  net::HttpReply refuseUnsigned(const net::HttpCall& call, const AppOptions& app,
                                std::string_view why);
  /// nullopt: the answer comes later.
  std::optional<net::HttpReply> history(net::RequestId request, const net::HttpCall& call);
  std::optional<net::HttpReply> group(net::RequestId request, const net::HttpCall& call,
                                      std::string_view id);
  /// Begins to read it when it is its turn; nullopt, or the answer when there is no place for it.
  std::optional<net::HttpReply> read(net::RequestId request, const net::HttpCall& call,
                                     std::size_t bytes, std::function<void(storage::Token)> begin);

  const Settings& settings_;
  StorageMux& storage_;
  Reply reply_;
  Refused refused_;
  ReadAuth auth_;
  ReadQueue reads_;
  bool history_on_;
};

}  // namespace kith::front
