// SPDX-License-Identifier: Apache-2.0
// Kith's own protocol (avos-v1) with no SDK around it, so that kithd is measured with the same
// client process as its peers. Received messages are acknowledged once a turn. Bodies need no
// escapes, and the fields are found by their names: this is no JSON parser.
#include "benchmarks/drivers/protocols.hpp"
#include "benchmarks/drivers/ws_client.hpp"

namespace kith::bench {
namespace {

/// The last ones, which are too few for a whole invitation, wait no longer than this.
constexpr std::chrono::milliseconds kInviteAfter{20};

/// Most peers that one command may name.
constexpr std::size_t kPeersPerCall = 100;

std::string_view fieldOf(std::string_view frame, std::string_view name) {
  const std::size_t at = frame.find(name);
  if (at == std::string_view::npos) return {};
  const std::size_t start = at + name.size();
  return frame.substr(start, frame.find('"', start) - start);
}

class AvosClient final : public WsClient {
 public:
  explicit AvosClient(const ClientArgs& args)
      : WsClient(args.loop, args.server, args.index, args.name, args.role, args.listener, "/"),
        loop_(args.loop),
        self_(R"(","appId":"bench","peerId":")" + name() + '"') {}

  void send(std::string_view to, std::string_view body) override {
    sendText({R"({"cmd":"direct)", self_, R"(,"toPeerIds":[")", to, R"("],"msg":")", body, "\"}"});
  }
  /// The speaker has made the group when it logged in, which it does before the members.
  void speak(std::string_view body) override { speakIn(0, body); }
  void speakIn(std::size_t gathered, std::string_view body) override {
    sendText({R"({"cmd":"direct)", self_, R"(,"roomId":")", avosGroups()[gathered], R"(","msg":")",
              body, "\"}"});
  }
  void gather(const std::vector<std::string>& members) override {
    for (const std::string& member : members) gathers_.push_back(member);
    sendText({R"({"cmd":"room","op":"join)", self_, "}"});
  }

 private:
  /// The client that has made the group.
  static AvosClient*& speaker() {
    static AvosClient* client = nullptr;
    return client;
  }

  void opened() override { sendText({R"({"cmd":"session","op":"open)", self_, "}"}); }

  void text(std::string_view frame) override {
    const std::string_view cmd = fieldOf(frame, R"("cmd":")");
    if (cmd == "direct") return delivered(frame);
    if (cmd == "ack") {
      if (frame.find(R"("code":)") != std::string_view::npos) return lose(frame);
      return accepted();
    }
    const std::string_view op = fieldOf(frame, R"("op":")");
    if (op == "opened") return sessionOpened();
    if (op == "joined") return joined(fieldOf(frame, R"("roomId":")"));
    if (op == "invited" && !role().speaks) return inviteGathered();
    if (cmd == "error" || op == "reject" || op == "error") lose(frame);
  }

  void sessionOpened() {
    if (role().member) {
      speaker()->invite(name());
    } else if (role().speaks) {
      speaker() = this;
      sendText({R"({"cmd":"room","op":"join)", self_, "}"});
    } else {
      ready();
    }
  }

  void joined(std::string_view id) {
    if (role().member) return ready();
    group_ = id;
    if (!role().speaks) return inviteGathered();
    avosGroups().push_back(group_);
    ready();
  }

  /// The next peers of its gathering, if there are some.
  void inviteGathered() {
    if (gathers_.empty()) {
      avosGroups().push_back(group_);
      return made();
    }
    for (std::size_t left = kPeersPerCall; left > 0 && !gathers_.empty(); --left) {
      invites_.append(invites_.empty() ? "\"" : ",\"").append(gathers_.back()).append("\"");
      gathers_.pop_back();
    }
    sendInvites();
  }

  /// Members are invited, many together: all hear of each change, so that joining one by one would
  /// cost the square of their number.
  void invite(std::string_view member) {
    if (!invites_.empty()) invites_ += ',';
    invites_.append("\"").append(member).append("\"");
    ++invited_;
    if (invited_ % kPeersPerCall == 0) return sendInvites();
    loop_.after(kInviteAfter, [this, last = invited_] {
      if (invited_ == last && !invites_.empty()) sendInvites();
    });
  }

  void sendInvites() {
    sendText({R"({"cmd":"room","op":"invite)", self_, R"(,"roomId":")", group_,
              R"(","roomPeerIds":[)", invites_, "]}"});
    invites_.clear();
  }

  void delivered(std::string_view frame) {
    if (!ids_.empty()) ids_ += ',';
    ids_.append("\"").append(fieldOf(frame, R"("id":")")).append("\"");
    heard(fieldOf(frame, R"("msg":")"));
    // A frame from a client has at most 5 kB.
    if (ids_.size() > 4000) acknowledge();
  }

  void turnOver() override {
    if (!ids_.empty()) acknowledge();
  }

  void acknowledge() {
    sendText({R"({"cmd":"ack)", self_, R"(,"ids":[)", ids_, "]}"});
    ids_.clear();
  }

  Loop& loop_;
  std::string self_;
  std::string ids_;
  std::string invites_;
  std::string group_;  ///< the last one that it has made
  std::vector<std::string> gathers_;
  std::size_t invited_{0};
};

}  // namespace

std::vector<std::string>& avosGroups() {
  static std::vector<std::string> ids;
  return ids;
}

std::unique_ptr<Client> makeAvosClient(const ClientArgs& args) {
  if (args.role.reads) return makeAvosHistory(args);
  return std::make_unique<AvosClient>(args);
}

}  // namespace kith::bench
