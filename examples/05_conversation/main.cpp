// SPDX-License-Identifier: Apache-2.0
// A conversation beside its messages: made, found, edited, counted, read. The server is in the same
// process.
#include <kith/kith.hpp>
#include <kith/server.hpp>

#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

// One completion as a future. Never wait in a callback.
template <typename T>
class Answer {
 public:
  auto take() {
    return [promise = promise_](kith::Result<T> result) { promise->set_value(std::move(result)); };
  }
  T value() {
    kith::Result<T> result = promise_->get_future().get();
    if (!result) {
      std::cerr << "05_conversation: " << result.error() << '\n';
      std::exit(1);
    }
    return std::move(result).value();
  }

 private:
  std::shared_ptr<std::promise<kith::Result<T>>> promise_{
      std::make_shared<std::promise<kith::Result<T>>>()};
};

void open(kith::Session& session) {
  std::promise<void> opened;
  session.open({}, [&](const kith::Result<void>&) { opened.set_value(); });
  opened.get_future().wait();
}

}  // namespace

int main() {
  kith::ServerOptions options;
  options.apps.emplace_back();
  options.apps.back().id = "demo";
  const auto server = kith::Server::start(options);
  if (!server) {
    std::cerr << "05_conversation: " << server.error() << '\n';
    return 1;
  }
  kith::SessionManager manager({.app_id = "demo", .server = (*server)->url()});
  const auto tom = manager.session("tom");
  const auto jerry = manager.session("jerry");
  open(*tom);
  open(*jerry);

  // The one conversation that tom and jerry have, now and for ever.
  Answer<std::shared_ptr<kith::Conversation>> made;
  tom->createConversation({.members = {"jerry"}, .name = "lunch", .unique = true}, made.take());
  const auto lunch = made.value();

  Answer<kith::Receipt> sent;
  lunch->send({.text = "See you at tow"}, sent.take());
  const kith::Receipt receipt = sent.value();
  kith::Message message;
  message.id = receipt.message_id;
  message.timestamp = receipt.timestamp;
  std::promise<void> edited;
  lunch->edit(message, "See you at two", [&](const kith::Result<void>&) { edited.set_value(); });
  edited.get_future().wait();

  Answer<std::vector<kith::UnreadCount>> unread;
  jerry->unread(unread.take());
  for (const kith::UnreadCount& each : unread.value()) {
    std::cout << "jerry has not read " << each.count << ": " << each.last.text << '\n';
  }
  Answer<std::vector<kith::ConversationInfo>> found;
  jerry->conversations({.where = R"({"name":"lunch"})"}, found.take());
  for (const kith::ConversationInfo& each : found.value()) {
    const auto conversation = jerry->conversation(each.id);
    Answer<std::vector<kith::Message>> page;
    conversation->history({.limit = 10}, page.take());
    for (const kith::Message& one : page.value()) {
      std::cout << each.name << ", " << one.from << ": " << one.text << '\n';
    }
  }
}
