// SPDX-License-Identifier: Apache-2.0
// A chat client for the terminal: the main thread reads lines, the library's thread prints what
// happens. `kith chat` is the same idea with more comfort.
#include <kith/kith.hpp>

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>

namespace {

// Callbacks come on the manager's own thread; one lock keeps lines whole.
class Screen : public kith::MessageReceiver {
 public:
  void line(const std::string& text) {
    const std::lock_guard lock(mutex_);
    std::cout << text << std::endl;
  }

  void onSessionOpen(kith::Session& me, const kith::SessionOpened& event) override {
    line("* connected as " + me.peerId() + (event.online.empty() ? ", nobody else is here" : ""));
  }
  void onSessionPaused(kith::Session&, const kith::SessionPaused&) override {
    line("* connection lost; what you type waits");
  }
  void onSessionResumed(kith::Session&, const kith::SessionOpened&) override {
    line("* connected again");
  }
  void onSessionClosed(kith::Session&, const kith::SessionClosed& event) override {
    if (event.cause) line("* closed: " + event.cause->detail);
  }
  void onReconnecting(kith::Session&, const kith::Reconnecting& event) override {
    line("* no connection: " + event.reason.detail);
  }
  void onStatusOnline(kith::Session&, const std::vector<std::string>& peers) override {
    for (const auto& peer : peers) line("* " + peer + " is online");
  }
  void onStatusOffline(kith::Session&, const std::vector<std::string>& peers) override {
    for (const auto& peer : peers) line("* " + peer + " is offline");
  }
  void onMessage(kith::Session&, const kith::Message& message) override {
    line(message.from + (message.offline ? " (while you were away): " : ": ") + message.text);
  }
  void onMessageFailure(kith::Session&, const kith::Message& message,
                        const kith::Error& error) override {
    line("* not sent: \"" + message.text + "\": " + error.detail);
  }
  void onMessageDelivered(kith::Session&, const kith::MessageDelivered&) override {
    line("  (delivered)");
  }

 private:
  std::mutex mutex_;
};

// Waits for one completion; never call it from a callback.
class Done {
 public:
  kith::Completion completion() {
    return [this](const kith::Result<void>&) {
      const std::lock_guard lock(mutex_);
      done_ = true;
      changed_.notify_all();
    };
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_{false};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: 02_chat SERVER APP ME FRIEND      for example: 02_chat "
                 "ws://127.0.0.1:7700 demo tom jerry\n";
    return 2;
  }
  const std::string friend_id = argv[4];
  kith::SessionManager manager({.app_id = argv[2], .server = argv[1]});
  if (const auto good = manager.check(); !good) {
    std::cerr << "02_chat: " << good.error() << '\n';
    return 1;
  }
  const auto screen = std::make_shared<Screen>();
  const auto session = manager.session(argv[3]);
  session->setReceiver(screen);
  session->open({friend_id});

  screen->line("Type to " + friend_id + "; /who tells who is online, /quit ends.");
  for (std::string text; std::getline(std::cin, text) && text != "/quit";) {
    if (text == "/who") {
      screen->line("* " + friend_id +
                   (session->isOnline(friend_id) ? " is online" : " is offline"));
    } else if (!text.empty()) {
      session->send({.text = text, .to = {friend_id}, .receipt = true});
    }
  }
  Done closed;
  manager.close(closed.completion());
  closed.wait();
}
