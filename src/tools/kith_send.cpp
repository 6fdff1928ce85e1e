// SPDX-License-Identifier: Apache-2.0
// kith send: opens, sends, waits until the server has accepted everything.
#include <variant>

#include "tools/commands.hpp"
#include "tools/sender.hpp"

namespace kith::tools {
namespace {

// Below OutboxOptions::max_messages, so that QueueFull comes only from the byte bound.
constexpr std::size_t kMostUnderWay = 512;

class SendPrinter : public EventPrinter {
 public:
  explicit SendPrinter(bool json) : EventPrinter(json, true) {}
  void setSender(std::weak_ptr<Sender> sender) { sender_ = std::move(sender); }
  bool onEvent(Session& session, Event& event) override {
    EventPrinter::onEvent(session, event);
    if (const auto* delivered = std::get_if<MessageDelivered>(&event)) {
      if (const auto sender = sender_.lock()) sender->delivered(delivered->message_id);
    }
    return true;
  }

 private:
  std::weak_ptr<Sender> sender_;
};

}  // namespace

int Sender::run(const std::string& text) {
  last_progress_ = std::chrono::steady_clock::now();
  if (text == "-") {
    input_.emplace(STDIN_FILENO);
    pump();
  } else {
    sendOne(text);
  }
  MainLoop& loop = client_.loop();
  const auto ended = [this] { return finished() || client_.printer().closed().has_value(); };
  const auto patience = client_.settings().timeout();
  while (!loop.runUntil(ended, std::chrono::steady_clock::now() + patience)) {
    if (loop.interrupted()) break;
    // Only an answer that does not come is too late; a person typing slowly is not.
    if (under_way_ > 0 && std::chrono::steady_clock::now() >= last_progress_ + patience) break;
  }
  if (!finished()) {
    const auto& trouble = client_.printer().lastTrouble();
    std::string what = "no answer for " + std::to_string(under_way_) + " messages";
    const std::string& file = client_.settings().store;
    if (!file.empty() && !model_.transient) what += ", kept in " + file + " for the next start";
    return trouble ? complain(what, *trouble) : complain(what);
  }
  if (!waiting_receipts_.empty()) {
    loop.runUntil([this] { return waiting_receipts_.empty(); },
                  std::chrono::steady_clock::now() + client_.settings().timeout());
    if (!waiting_receipts_.empty() && !client_.printer().json()) {
      complain("accepted, but not delivered yet: " + std::to_string(waiting_receipts_.size()));
    }
  }
  if (!client_.printer().json()) {
    client_.printer().print(std::to_string(accepted_) + " accepted, " + std::to_string(failed_) +
                            " failed");
  }
  return failed_ == 0 ? 0 : 1;
}

bool Sender::finished() const {
  return under_way_ == 0 && !held_back_ && (!input_ || input_->done());
}

void Sender::pump() {
  while (under_way_ < kMostUnderWay) {
    std::optional<std::string> line = std::exchange(held_back_, std::nullopt);
    if (!line && input_) line = input_->next();
    if (!line) break;
    if (!sendOne(*line)) return;
  }
  const bool wanted = input_ && !input_->ended() && under_way_ < kMostUnderWay;
  if (wanted == reading_) return;
  reading_ = wanted;
  if (!wanted) return client_.loop().stopReading();
  client_.loop().onReadable(STDIN_FILENO, [this] {
    input_->fill();
    if (input_->ended()) {
      client_.loop().stopReading();
      reading_ = false;
    }
    pump();
  });
}

bool Sender::sendOne(const std::string& text) {
  Message message = model_;
  message.text = text;
  if (under_way_++ == 0) last_progress_ = std::chrono::steady_clock::now();
  // Held weakly: an answer may come while everything is being closed.
  const SendTicket ticket =
      send_(std::move(message), [self = weak_from_this()](const Result<Receipt>& result) {
        if (const auto sender = self.lock()) sender->onDone(result);
      });
  // At once, not in the completion: the next line must not overtake this one.
  if (ticket.refused == Errc::QueueFull) held_back_ = text;
  return !held_back_;
}

void Sender::onDone(const Result<Receipt>& result) {
  --under_way_;
  last_progress_ = std::chrono::steady_clock::now();
  if (result) {
    ++accepted_;
    if (model_.receipt) waiting_receipts_.insert(result->message_id);
  } else if (result.error().code != Errc::QueueFull) {
    ++failed_;
    complain("not accepted", result.error());
  }
  pump();
}

int runSend(const Settings& settings, const SendArgs& args) {
  const auto printer = std::make_shared<SendPrinter>(settings.json);
  const auto client = PeerClient::make(settings, args.peer, printer);
  if (!client) return 1;
  Message model;
  model.to = splitPeers(args.to);
  model.transient = args.transient;
  model.receipt = args.receipt;
  if (settings.store.empty()) {
    if (!client->open(model.to)) return 1;
  } else {
    client->openLater(model.to);
  }
  const auto sender =
      std::make_shared<Sender>(*client, model, [&](Message message, SendCompletion done) {
        return client->session().send(std::move(message), std::move(done));
      });
  printer->setSender(sender);
  return sender->run(args.text);
}

}  // namespace kith::tools
