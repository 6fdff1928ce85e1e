// SPDX-License-Identifier: Apache-2.0
#include "tools/peer_client.hpp"

#include <cstdio>

namespace kith::tools {

int complain(const std::string& what) {
  std::fprintf(stderr, "kith: %s\n", what.c_str());
  return 1;
}

int complain(const std::string& what, const Error& error) {
  return complain(what + ": " + describe(error));
}

PeerClient::PeerClient(const Settings& settings, std::shared_ptr<EventPrinter> printer)
    : settings_(settings), loop_(std::make_shared<MainLoop>()), printer_(std::move(printer)) {}

std::unique_ptr<PeerClient> PeerClient::make(const Settings& settings, const std::string& peer,
                                             std::shared_ptr<EventPrinter> printer) {
  std::unique_ptr<PeerClient> client(new PeerClient(settings, std::move(printer)));
  Result<Options> options = makeOptions(settings, client->loop_);
  if (!options) {
    complain("wrong settings", options.error());
    return nullptr;
  }
  client->manager_ = std::make_unique<SessionManager>(*options);
  if (const Result<void> good = client->manager_->check(); !good) {
    complain("wrong settings", good.error());
    return nullptr;
  }
  client->session_ = client->manager_->session(peer);
  client->session_->setReceiver(client->printer_);
  return client;
}

bool PeerClient::open(const std::vector<std::string>& watch) {
  const Result<void> opened = await<void>([&](Completion done) { session_->open(watch, done); });
  if (opened) return true;
  if (loop_->interrupted()) return false;
  // While it goes on trying nothing failed yet: the last trouble says more than "timeout".
  const bool tired = opened.error().code == Errc::Timeout && printer_->lastTrouble();
  complain("cannot open a session as '" + session_->peerId() + "' at " + settings_.server,
           tired ? *printer_->lastTrouble() : opened.error());
  return false;
}

PeerClient::~PeerClient() {
  if (manager_) {
    // The Ctrl-C that ended the command is dealt with; a second one ends the waiting here.
    loop_->forgetInterrupt();
    (void)loop_->await<void>(std::chrono::seconds{3},
                             [this](Completion done) { manager_->close(std::move(done)); });
  }
  session_.reset();
  manager_.reset();
  // What the destructor posted holds the manager's insides until it has run.
  loop_->runUntil([] { return true; });
  loop_->finish();
}

}  // namespace kith::tools
