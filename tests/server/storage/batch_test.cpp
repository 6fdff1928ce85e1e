// SPDX-License-Identifier: Apache-2.0
// Requests that cross over to the storage's thread.
#include "server/storage/batch.hpp"

#include <array>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::storage {
namespace {

/// Writes down what a batch replays.
struct Seen {
  void operator()(Token token, const Append& m) {
    add(token, {m.app_id, m.id, m.from, m.conv_id, m.text, m.dedupe});
    words.back() += std::to_string(m.timestamp) + ' ' + std::to_string(static_cast<int>(m.kind)) +
                    (m.receipt_wanted ? " receipt" : "") + (m.to_self ? " self" : "") +
                    (m.members_only ? " members" : "") + (m.from_online ? " online" : "");
    for (const PeerRef& to : m.receivers) {
      words.back().append(" ").append(to.peer_id).append(to.online ? "+" : "-");
    }
    for (const std::string_view to : m.addressed) words.back().append(" @").append(to);
  }
  void operator()(Token token, const Acknowledge& request) {
    add(token, {request.app_id, request.peer_id});
    for (const SeqRange& range : request.ranges) {
      words.back() += std::to_string(range.conversation) + '/' + std::to_string(range.first) + '-' +
                      std::to_string(range.last) + ' ';
    }
    if (request.settles) words.back() += "settles";
  }
  void operator()(Token token, const ReadHistory& range) {
    add(token, {range.app_id, range.conv_id, range.from, range.before_id});
    words.back() += std::to_string(range.before) + (range.before_exclusive ? " <" : " <=") +
                    std::to_string(range.limit);
  }
  void operator()(Token token, const ConfigureApp& app) {
    add(token, {app.app_id});
    words.back() += std::to_string(app.limits.offline_messages) + ' ' +
                    std::to_string(app.limits.offline_age_ms) + ' ' +
                    std::to_string(app.limits.unacknowledged_messages) + ' ' +
                    std::to_string(app.limits.history_age_ms) + ' ' +
                    std::to_string(app.limits.history_messages);
  }
  template <typename Other>
  void operator()(Token token, const Other&) {
    add(token, {"another"});
  }
  void add(Token token, std::initializer_list<std::string_view> texts) {
    words.push_back(std::to_string(token) + ':');
    for (const std::string_view text : texts) words.back().append(text).append(" ");
  }
  std::vector<std::string> words;
};

}  // namespace

TEST_CASE("batch: every request comes out with its token and its fields, in the order it went in") {
  Batch batch;
  for (int round = 0; round < 2; ++round) {
    {
      const std::string peer("bob");  // gone before the replay
      const std::array<PeerRef, 2> receivers{{{peer, true}, {"carol", false}}};
      const std::array<std::string_view, 2> addressed{peer, ""};
      Append message;
      message.app_id = "app";
      message.id = "id";
      message.timestamp = -5;
      message.from = "alice";
      message.conv_id = "conv";
      message.kind = ConversationKind::OpenGroup;
      message.text = "text";
      message.dedupe = "token";
      message.receipt_wanted = true;
      message.from_online = message.to_self = message.members_only = true;
      message.receivers = receivers;
      message.addressed = addressed;
      batch.add(1ull << 63, message);
      const std::array<SeqRange, 2> ranges{{{1, 2, 3}, {1ll << 40, 1ll << 41, 5}}};
      batch.add(kNoToken, Acknowledge{"app", peer, ranges, true});
      batch.add(7, ReadHistory{"app", "conv", peer, 9, true, "m", 20});
      batch.add(kNoToken, ConfigureApp{"app", {1, 2, 3, 4, 5}});
      batch.add(8, ReadPending{});
    }
    CHECK_FALSE(batch.empty());
    Seen seen;
    batch.replay(seen);
    CHECK(seen.words ==
          std::vector<std::string>{"9223372036854775808:app id alice conv text token -5 2 receipt "
                                   "self members online bob+ "
                                   "carol- @bob @",
                                   "0:app bob 1/2-3 1099511627776/2199023255552-5 settles",
                                   "7:app conv bob m 9 <20", "0:app 1 2 3 4 5", "8:another "});
    batch.clear();
    CHECK(batch.empty());
  }
}

}  // namespace kith::storage
