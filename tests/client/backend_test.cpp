// SPDX-License-Identifier: Apache-2.0
// The client over a backend that is no protocol at all: what it asks, and what it makes of answers.
#include "backends/backend.hpp"

#include <kith/kith.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/manager_impl.hpp"
#include "client/session_impl.hpp"
#include "net/client/loop.hpp"
#include "support/catch.hpp"
#include "support/recorder.hpp"
#include "support/waiter.hpp"

using namespace kith;
using backends::OpId;
using backends::Outcome;
using backends::SessionRef;
using kith::testing::Answer;
using kith::testing::Recorder;
using kith::testing::Waiter;
using Lines = std::vector<std::string>;

namespace {

/// What was asked, in order, for the test's thread to read.
struct Asked {
  Waiter waiter;
  Lines lines;

  void say(std::string line) {
    waiter.change([&] { lines.push_back(std::move(line)); });
  }
  Lines wait(std::size_t count) {
    CHECK(waiter.until([&] { return lines.size() >= count; }));
    return waiter.look([&] { return lines; });
  }
};

/// A service where everything works at once, every message comes back, and groups are called g.
class Echo final : public backends::Backend {
 public:
  Echo(std::shared_ptr<Asked> asked, backends::BackendUser& user)
      : asked_(std::move(asked)), user_(user) {
    ++counters_->connects;
    for (int i = 0; i < 5; ++i) ++counters_->duplicates;
  }
  ~Echo() override { asked_->say("gone"); }

  void addSession(SessionRef session, const std::string& peer_id) override {
    peers_[session] = peer_id;
    asked_->say("add " + peer_id);
  }
  void removeSession(SessionRef session) override { asked_->say("remove " + peers_[session]); }
  void open(SessionRef session, std::vector<std::string> watch, OpId op) override {
    asked_->say("open " + peers_[session]);
    user_.done(op, {});
    user_.notify(session, SessionOpened{watch, watch});
  }
  void close(SessionRef session, OpId op) override {
    asked_->say("close " + peers_[session]);
    user_.done(op, {});
    user_.notify(session, SessionClosed{});
  }
  void watch(SessionRef, std::vector<std::string> peers, OpId op) override { take(op, peers); }
  void unwatch(SessionRef, std::vector<std::string> peers, OpId op) override { take(op, peers); }
  void query(SessionRef, std::vector<std::string> peers, OpId op) override { take(op, peers); }
  void send(SessionRef session, Message message, std::string client_id, OpId op) override {
    asked_->say("send " + message.text);
    Outcome outcome;
    outcome.receipt = {client_id, "m1", {}};
    user_.done(op, std::move(outcome));
    message.from = "echo";
    user_.notify(session, MessageReceived{std::move(message)});
  }
  void delivered(SessionRef, std::size_t count) override {
    asked_->say("delivered " + std::to_string(count));
  }
  void join(SessionRef session, std::string group_id, bool, OpId op) override {
    asked_->say("join " + group_id);
    Outcome outcome;
    outcome.group_id = "g";
    user_.done(op, std::move(outcome));
    user_.notify(session, GroupJoined{"g"});
  }
  void leave(SessionRef, std::string, OpId op) override { user_.done(op, {}); }
  void invite(SessionRef, std::string, std::vector<std::string> peers, OpId op) override {
    take(op, peers);
  }
  void kick(SessionRef, std::string, std::vector<std::string> peers, OpId op) override {
    take(op, peers);
  }
  void members(SessionRef, const std::string& peer_id, const std::string&, OpId op) override {
    take(op, {peer_id});
  }
  void history(const std::string& peer_id, HistoryQuery query, OpId op) override {
    asked_->say("history of " + peer_id + " and " + query.peer);
    Outcome outcome;
    outcome.messages.resize(2);
    user_.done(op, std::move(outcome));
  }
  void ask(SessionRef, backends::ConversationRequest, OpId op) override {
    Outcome outcome;
    outcome.result = Error{Errc::NotSupported, 0, "no conversations here", false};
    user_.done(op, std::move(outcome));
  }
  void networkChanged() override { asked_->say("networkChanged"); }
  void pause(OpId op) override { user_.done(op, {}); }
  void resume() override { asked_->say("resume"); }
  void closeAll(OpId op) override {
    asked_->say("closeAll");
    user_.done(op, {});
  }
  void overrun() override { asked_->say("overrun"); }
  void endTurn() override {}
  std::shared_ptr<const backends::Counters> counters() const override { return counters_; }

 private:
  void take(OpId op, std::vector<std::string> peers) {
    Outcome outcome;
    outcome.peers = std::move(peers);
    user_.done(op, std::move(outcome));
  }

  const std::shared_ptr<Asked> asked_;  // the test may be over before the backend is gone
  const std::shared_ptr<backends::Counters> counters_{std::make_shared<backends::Counters>()};
  backends::BackendUser& user_;
  std::map<SessionRef, std::string> peers_;
};

class EchoKind final : public backends::BackendKind {
 public:
  explicit EchoKind(std::shared_ptr<Asked> asked) : asked_(std::move(asked)) {}
  Capabilities capabilities(const backends::Counters&) const override {
    Capabilities capabilities;
    capabilities.groups = true;
    return capabilities;
  }
  Result<void> checkOptions(const Options& options) const override {
    if (options.server != "echo:") return Error{Errc::InvalidArgument, 0, "server: echo:", false};
    return {};
  }
  std::shared_ptr<base::IoLoop> loop(const Options&) const override { return net::Loop::make({}); }
  std::string randomName() const override { return "name"; }
  Result<void> checkSize(const Message& message, std::string_view, std::string_view,
                         std::string_view) const override {
    if (message.text.size() <= 10) return {};
    return Error{Errc::MessageTooLong, 0, "ten", false};
  }
  std::shared_ptr<backends::Backend> make(const backends::DriverHost&,
                                          backends::BackendUser& user) const override {
    return std::make_shared<Echo>(asked_, user);
  }

 private:
  const std::shared_ptr<Asked> asked_;
};

struct Stage {
  std::shared_ptr<Asked> asked{std::make_shared<Asked>()};
  EchoKind kind{asked};
  std::shared_ptr<client::ManagerImpl> manager;
  std::shared_ptr<Recorder> heard{std::make_shared<Recorder>()};

  Stage() {
    Options options;
    options.app_id = "demo";
    options.server = "echo:";  // an address as this kind has them
    manager = std::make_shared<client::ManagerImpl>(options, kind);
  }
  ~Stage() {
    Answer<void> closed;
    manager->close(closed);
    closed.value();
  }
  std::shared_ptr<Session> open(const std::string& peer) {
    auto session = manager->session(peer);
    session->setReceiver(heard);
    Answer<void> opened;
    session->open({"bob"}, opened);
    opened.value();
    return session;
  }
};

Message text(std::string words) {
  Message message;
  message.text = std::move(words);
  message.to = {"bob"};
  return message;
}

}  // namespace

TEST_CASE("backend: what a session does is asked of it, and what it tells is heard, in order") {
  Stage stage;
  const auto tom = stage.open("tom");
  CHECK(tom->state() == SessionState::Open);
  CHECK(tom->watchedPeers() == Lines{"bob"});
  CHECK(tom->onlinePeers() == Lines{"bob"});
  Answer<Receipt> sent;
  tom->send(text("hi"), sent);
  CHECK(sent.value().message_id == "m1");
  stage.heard->wait("onMessage echo: hi");
  CHECK(stage.asked->wait(4) == Lines{"add tom", "open tom", "send hi", "delivered 1"});
  const auto group = tom->group();
  Answer<std::string> joined;
  group->join(joined);
  CHECK(joined.value() == "g");
  CHECK(group->groupId() == "g");
  stage.heard->wait("onJoined g");
  CHECK(group->knownMembers() == Lines{"tom"});
  Answer<Lines> members;
  group->members(members);
  CHECK(members.value() == Lines{"tom"});
}

TEST_CASE("backend: a message that it cannot carry is refused before it is asked") {
  Stage stage;
  const auto tom = stage.open("tom");
  Answer<Receipt> sent;
  const SendTicket ticket = tom->send(text("more than ten"), sent);
  CHECK(ticket.refused == Errc::MessageTooLong);
  CHECK(sent.code() == Errc::MessageTooLong);
  Answer<void> closed;
  tom->close(closed);
  closed.value();
  CHECK(stage.asked->wait(3) == Lines{"add tom", "open tom", "close tom"});
}

TEST_CASE("backend: history, hints and counters of a manager are its backend's") {
  Stage stage;
  const auto tom = stage.open("tom");
  HistoryQuery query;
  query.peer = "bob";
  Answer<std::vector<Message>> page;
  stage.manager->history("tom", query, page);
  CHECK(page.value().size() == 2);
  stage.manager->networkChanged();
  stage.manager->resume();
  Answer<void> paused;
  stage.manager->pause(paused);
  paused.value();
  const Lines lines = stage.asked->wait(5);
  CHECK(Lines(lines.begin() + 2, lines.end()) ==
        Lines{"history of tom and bob", "networkChanged", "resume"});
  const ManagerStats stats = stage.manager->stats();
  CHECK(stats.connects == 1);
  CHECK(stats.duplicates == 5);
  CHECK(stats.sessions == 1);
  CHECK(stage.manager->capabilities().groups);
  CHECK_FALSE(stage.manager->capabilities().presence);
}

TEST_CASE("backend: a session that is dropped leaves it, and the last close ends it") {
  Stage stage;
  stage.open("tom").reset();
  CHECK(stage.asked->wait(3) == Lines{"add tom", "open tom", "remove tom"});
  Answer<void> closed;
  stage.manager->close(closed);
  closed.value();
  CHECK(stage.asked->wait(5) == Lines{"add tom", "open tom", "remove tom", "closeAll", "gone"});
  Answer<void> again;
  stage.manager->close(again);
  again.value();
  Answer<void> late;
  stage.manager->session("tom")->open({}, late);
  CHECK(late.code() == Errc::Closed);
}

TEST_CASE("backend: a SessionManager tells what its service can do, reached or not") {
  Options options;
  options.app_id = "demo";
  options.server = "ws://127.0.0.1:1";
  const SessionManager manager(options);
  const Capabilities all = manager.capabilities();
  CHECK((all.presence && all.groups && all.open_groups && all.transient && all.receipts));
  CHECK((all.history && all.members));
}
