// SPDX-License-Identifier: Apache-2.0
// The vendor's current protocol (leancloud-current) in its usual form, lc.protobuf2.3, with the
// codec of the server's room and no SDK around it: what AvosClient is for v1. What a second has
// brought of a conversation is acknowledged at its end, as by the JavaScript SDK (§5.3).
#include <array>
#include <map>

#include "benchmarks/drivers/protocols.hpp"
#include "benchmarks/drivers/ws_client.hpp"
#include "protocol/leancloud/codec.hpp"

namespace kith::bench {
namespace {

using leancloud::Cmd;
using leancloud::Command;
using leancloud::Encoding;
using leancloud::Op;

/// The last ones, which are too few for a whole addition, wait no longer than this.
constexpr std::chrono::milliseconds kAddAfter{20};
/// What has come is acknowledged after this, or when it is so much.
constexpr std::chrono::milliseconds kAcknowledgeAfter{1000};
constexpr std::size_t kAcknowledgeAt = 1000;
/// Most peers that one addition names, as with v1.
constexpr std::size_t kPeersPerCall = 100;

class CurrentClient final : public WsClient {
 public:
  explicit CurrentClient(const ClientArgs& args)
      : WsClient(args.loop, args.server, args.index, args.name, args.role, args.listener, "/",
                 "lc.protobuf2.3"),
        loop_(args.loop) {}

  void send(std::string_view to, std::string_view body) override {
    say(conversations_.find(to)->second, body);
  }
  /// The speaker has made the group when it logged in, which it does before the members.
  void speak(std::string_view body) override { say(groups().front(), body); }
  void speakIn(std::size_t gathered, std::string_view body) override {
    say(groups()[gathered], body);
  }

  void meet(std::string_view peer) override {
    meets_ = peer;
    const std::array<std::string_view, 1> members{meets_};
    start(members, true);
  }
  void gather(const std::vector<std::string>& members) override {
    start({members.begin(), members.end()}, false);
  }
  void readPage(std::int64_t before, std::size_t messages) override {
    Command command = request(Cmd::Logs, {});
    auto& logs = command.body.emplace<leancloud::LogsCommand>();
    logs.cid = groups().front();
    logs.time = before;
    logs.limit = static_cast<std::int32_t>(messages);
    tell(command);
  }

 private:
  /// Of all clients: a member speaks where another one has gathered.
  static std::vector<std::string>& groups() {
    static std::vector<std::string> ids;
    return ids;
  }
  /// The client that has made the group of a speaker.
  static CurrentClient*& speaker() {
    static CurrentClient* client = nullptr;
    return client;
  }
  static leancloud::Decoder& decoder() {
    static leancloud::Decoder one;
    return one;
  }

  // --- requests ---
  Command request(Cmd cmd, std::optional<Op> op) {
    Command command;
    command.cmd = cmd;
    command.op = op;
    command.peer_id = name();
    command.i = ++serial_;
    return command;
  }
  void tell(const Command& command) {
    static leancloud::Encoder encoder;
    frame_.clear();
    encoder.encode(command, Encoding::Protobuf, frame_);
    sendBinary(frame_);
  }
  void say(std::string_view conversation, std::string_view body) {
    Command command = request(Cmd::Direct, {});
    auto& direct = command.body.emplace<leancloud::DirectCommand>();
    direct.cid = conversation;
    direct.msg = body;
    tell(command);
  }
  void start(std::vector<std::string_view> members, bool unique) {
    start(std::span<const std::string_view>(members), unique);
  }
  void start(std::span<const std::string_view> members, bool unique) {
    Command command = request(Cmd::Conv, Op::Start);
    auto& conv = command.body.emplace<leancloud::ConvCommand>();
    conv.members = members;
    conv.unique = unique;
    tell(command);
  }

  void opened() override {
    Command command = request(Cmd::Session, Op::Open);
    command.app_id = "bench";
    auto& session = command.body.emplace<leancloud::SessionCommand>();
    session.user_agent = "bench/1";
    session.device_id = name();
    session.config_bitmap = 0xBB;
    tell(command);
  }

  // --- what comes ---
  void binary(std::string_view frame) override {
    const auto decoded = decoder().decode(Encoding::Protobuf, frame);
    if (!decoded) return lose(decoded.error().detail);
    const Command& command = *decoded;
    if (const auto* direct = command.as<leancloud::DirectCommand>()) return delivered(*direct);
    if (const auto* ack = command.as<leancloud::AckCommand>()) {
      if (ack->code) return lose("a message was refused: " + std::string(ack->reason.value_or("")));
      return accepted();
    }
    if (const auto* error = command.as<leancloud::ErrorCommand>()) return lose(error->reason);
    if (const auto* conv = command.as<leancloud::ConvCommand>()) return changed(command, *conv);
    if (const auto* counts = command.as<leancloud::UnreadCommand>()) {
      return unread(counts->convs.size());
    }
    if (const auto* logs = command.as<leancloud::LogsCommand>()) return page(logs->logs.size());
    if (command.cmd == Cmd::Session && command.op == Op::Opened) return sessionOpened();
    if (command.cmd == Cmd::Session) lose("the session was closed");
  }

  void sessionOpened() {
    if (role().member) return speaker()->add(name());
    if (!role().speaks) return ready();
    speaker() = this;
    start(std::vector<std::string_view>{}, false);
  }

  void changed(const Command& command, const leancloud::ConvCommand& conv) {
    if (command.op == Op::Joined && role().member && conv.cid == groups().front()) return ready();
    if (command.op != Op::Started) return;
    if (!meets_.empty()) {
      conversations_.insert_or_assign(std::move(meets_), std::string(conv.cid.value()));
      meets_.clear();
      return made();
    }
    groups().emplace_back(conv.cid.value());
    role().speaks ? ready() : made();
  }

  /// Many together: all members hear of each change.
  void add(std::string_view member) {
    adds_.emplace_back(member);
    if (adds_.size() == kPeersPerCall) return sendAdds();
    loop_.after(kAddAfter, [this, count = ++added_] {
      if (added_ == count && !adds_.empty()) sendAdds();
    });
  }
  void sendAdds() {
    const std::vector<std::string_view> members(adds_.begin(), adds_.end());
    Command command = request(Cmd::Conv, Op::Add);
    auto& conv = command.body.emplace<leancloud::ConvCommand>();
    conv.cid = groups().front();
    conv.members = members;
    tell(command);
    adds_.clear();
  }

  // --- acknowledgements ---
  /// Times of messages; an end of 0: there is none.
  struct Came {
    std::int64_t from{0};
    std::int64_t to{0};
  };

  void delivered(const leancloud::DirectCommand& direct) {
    const std::string_view conversation = direct.cid.value_or("");
    const std::int64_t time = direct.timestamp.value_or(0);
    auto found = came_.find(conversation);
    if (found == came_.end()) found = came_.emplace(conversation, Came{}).first;
    if (found->second.to == 0) found->second.from = time;
    found->second.to = time;
    if (unacknowledged_++ == 0) {
      loop_.after(kAcknowledgeAfter, [this, at = acknowledged_] {
        if (at == acknowledged_) acknowledge();
      });
    }
    if (unacknowledged_ >= kAcknowledgeAt) acknowledge();
    heard(direct.msg.value_or(""));
  }

  void acknowledge() {
    ++acknowledged_;
    unacknowledged_ = 0;
    if (!isConnected()) return came_.clear();
    for (auto& [conversation, came] : came_) {
      if (came.to == 0) continue;
      Command command;
      command.cmd = Cmd::Ack;
      command.peer_id = name();
      auto& ack = command.body.emplace<leancloud::AckCommand>();
      ack.cid = conversation;
      ack.from_time = came.from;
      ack.to_time = came.to;
      came = {};
      tell(command);
    }
  }

  Loop& loop_;
  std::int32_t serial_{0};
  std::string frame_;
  std::string meets_;                                              ///< the peer that it meets now
  std::map<std::string, std::string, std::less<>> conversations_;  ///< by the peer
  std::vector<std::string> adds_;
  std::size_t added_{0};
  std::map<std::string, Came, std::less<>> came_;  ///< by the conversation
  std::size_t unacknowledged_{0};
  std::size_t acknowledged_{0};  ///< so often
};

}  // namespace

std::unique_ptr<Client> makeCurrentClient(const ClientArgs& args) {
  return std::make_unique<CurrentClient>(args);
}

}  // namespace kith::bench
