// SPDX-License-Identifier: Apache-2.0
// Both ends in one process: starts the service on a free port, and alice, bob and carol talk
// through it over real sockets. Ends with 0 only when everything that should happen did.
#include <kith/kith.hpp>
#include <kith/server.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace {

using namespace std::chrono_literals;

// What happened so far. Callbacks write it, the main thread waits for it.
class Transcript {
 public:
  void title(const std::string& text) {
    const std::lock_guard lock(mutex_);
    std::cout << "\n-- " << text << '\n';
  }
  void add(const std::string& peer, const std::string& what) {
    const std::lock_guard lock(mutex_);
    std::printf("   %-6s %s\n", peer.c_str(), what.c_str());
    std::fflush(stdout);
    seen_.insert(peer + ' ' + what);
    changed_.notify_all();
  }
  /// Waits until the peer has seen `what`; remembers when it did not come.
  void expect(const std::string& peer, const std::string& what) {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, 10s, [&] { return seen_.count(peer + ' ' + what) > 0; });
    if (came) return;
    complete_ = false;
    std::cout << "   MISSING: " << peer << ' ' << what << '\n';
  }
  bool complete() const { return complete_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> seen_;
  bool complete_{true};
};

std::string names(const std::vector<std::string>& peers) {
  std::string all;
  for (const auto& peer : std::set<std::string>(peers.begin(), peers.end())) {
    all += (all.empty() ? "" : ", ") + peer;
  }
  return all;
}

// Writes what one peer hears into the transcript.
class Listener : public kith::MessageReceiver {
 public:
  explicit Listener(Transcript& transcript) : transcript_(transcript) {}

  void onSessionOpen(kith::Session& me, const kith::SessionOpened&) override {
    transcript_.add(me.peerId(), "is connected");
  }
  void onStatusOnline(kith::Session& me, const std::vector<std::string>& peers) override {
    for (const auto& peer : peers) transcript_.add(me.peerId(), "sees " + peer + " online");
  }
  void onStatusOffline(kith::Session& me, const std::vector<std::string>& peers) override {
    for (const auto& peer : peers) transcript_.add(me.peerId(), "sees " + peer + " offline");
  }
  void onMessage(kith::Session& me, const kith::Message& message) override {
    const std::string away = message.offline ? " (sent while away)" : "";
    transcript_.add(me.peerId(), "hears " + message.from + ": " + message.text + away);
  }
  void onMessageDelivered(kith::Session& me, const kith::MessageDelivered&) override {
    transcript_.add(me.peerId(), "knows that it was delivered");
  }
  void onInvitedToGroup(kith::Group& group, const std::string& by) override {
    transcript_.add(group.selfId(), "was put into the group by " + by);
  }
  void onMembersJoined(kith::Group& group, const kith::MembersChanged& event) override {
    transcript_.add(group.selfId(), "sees " + names(event.peers) + " join the group");
  }
  void onMembersLeft(kith::Group& group, const kith::MembersChanged& event) override {
    transcript_.add(group.selfId(), "sees " + names(event.peers) + " leave the group");
  }
  void onLeft(kith::Group& group, const std::string&) override {
    transcript_.add(group.selfId(), "left the group");
  }
  void onGroupMessage(kith::Group& group, const kith::Message& message) override {
    transcript_.add(group.selfId(), "hears in the group " + message.from + ": " + message.text);
  }

 private:
  Transcript& transcript_;
};

// One person: a connection of her own and her session.
struct Person {
  Person(const std::string& name, const std::string& url, Transcript& transcript)
      : manager({.app_id = "demo", .server = url}), session(manager.session(name)) {
    session->setReceiver(std::make_shared<Listener>(transcript));
  }
  kith::SessionManager manager;
  std::shared_ptr<kith::Session> session;
};

void talkInPairs(Transcript& transcript, Person& alice, Person& bob) {
  transcript.title("alice and bob open and watch each other");
  alice.session->open({"bob", "carol"});
  transcript.expect("alice", "is connected");
  bob.session->open({"alice", "carol"});
  transcript.expect("bob", "sees alice online");
  transcript.expect("alice", "sees bob online");

  transcript.title("messages both ways, with a receipt");
  alice.session->send({.text = "Are you coming tonight?", .to = {"bob"}, .receipt = true});
  transcript.expect("bob", "hears alice: Are you coming tonight?");
  transcript.expect("alice", "knows that it was delivered");
  bob.session->send({.text = "Yes, 八点见! 🎉", .to = {"alice"}});
  transcript.expect("alice", "hears bob: Yes, 八点见! 🎉");
}

void meetCarol(Transcript& transcript, Person& bob, Person& carol) {
  transcript.title("carol is away: her message waits on the server");
  bob.session->send({.text = "Join us at eight.", .to = {"carol"}},
                    [&transcript](const kith::Result<kith::Receipt>& receipt) {
                      if (receipt) transcript.add("bob", "has the server's word for it");
                    });
  transcript.expect("bob", "has the server's word for it");
  carol.session->open({"alice", "bob"});
  transcript.expect("carol", "hears bob: Join us at eight. (sent while away)");
  transcript.expect("bob", "sees carol online");
}

void talkInAGroup(Transcript& transcript, Person& alice, Person& carol) {
  transcript.title("a group: create, invite, talk, leave");
  const auto group = alice.session->group();
  group->join([&transcript](const kith::Result<std::string>& id) {
    if (id) transcript.add("alice", "made a group");
  });
  transcript.expect("alice", "made a group");
  group->invite({"bob", "carol"});
  transcript.expect("bob", "was put into the group by alice");
  transcript.expect("carol", "was put into the group by alice");
  transcript.expect("alice", "sees bob, carol join the group");
  group->send({.text = "Dinner first?"});
  transcript.expect("bob", "hears in the group alice: Dinner first?");
  transcript.expect("carol", "hears in the group alice: Dinner first?");

  const auto carols = carol.session->group(group->groupId());
  carols->send({.text = "Sorry, I have eaten."});
  transcript.expect("alice", "hears in the group carol: Sorry, I have eaten.");
  transcript.expect("bob", "hears in the group carol: Sorry, I have eaten.");
  carols->leave();
  transcript.expect("carol", "left the group");
  transcript.expect("alice", "sees carol leave the group");
  transcript.expect("bob", "sees carol leave the group");
}

void sayGoodbye(Transcript& transcript, Person& alice) {
  transcript.title("goodbye");
  alice.session->close(
      [&transcript](const kith::Result<void>&) { transcript.add("alice", "closed her session"); });
  transcript.expect("alice", "closed her session");
  transcript.expect("bob", "sees alice offline");
}

}  // namespace

int main() {
  kith::ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.data = ":memory:";
  options.apps.push_back({.id = "demo"});
  const auto server = kith::Server::start(options);
  if (!server) {
    std::cerr << "04_embedded_server: " << server.error() << '\n';
    return 1;
  }
  std::cout << "a server of our own listens at " << (*server)->url() << '\n';

  Transcript transcript;
  {
    Person alice("alice", (*server)->url(), transcript);
    Person bob("bob", (*server)->url(), transcript);
    Person carol("carol", (*server)->url(), transcript);
    talkInPairs(transcript, alice, bob);
    meetCarol(transcript, bob, carol);
    talkInAGroup(transcript, alice, carol);
    sayGoodbye(transcript, alice);
    for (Person* person : {&alice, &bob, &carol}) {
      const std::string& name = person->session->peerId();
      person->manager.close(
          [&transcript, name](const kith::Result<void>&) { transcript.add(name, "is gone"); });
      transcript.expect(name, "is gone");
    }
  }
  (*server)->stop();
  std::cout << (transcript.complete() ? "\neverything arrived\n" : "\nsomething is missing\n");
  return transcript.complete() ? 0 : 1;
}
