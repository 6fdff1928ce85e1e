// SPDX-License-Identifier: Apache-2.0
// A program without exceptions and type information uses the API.
#include <kith/kith.hpp>
#include <kith/server.hpp>

#include <memory>
#include <string>

namespace {

struct Game : kith::MessageReceiver {
  void onMessage(kith::Session& session, const kith::Message& message) override {
    kith::Message answer;
    answer.text = message.text;
    answer.to = {message.from};
    session.send(answer, [](kith::Result<kith::Receipt> sent) {
      if (sent.ok()) return sent.value().client_id.size();
      return sent.error().detail.size();
    });
  }
};

}  // namespace

std::string play(kith::SessionManager& manager);

std::string play(kith::SessionManager& manager) {
  const auto session = manager.session("tom");
  session->setReceiver(std::make_shared<Game>());
  session->open({}, [](kith::Result<void> opened) { opened.value(); });
  kith::Result<std::string> name = std::string("tom");
  return std::move(name).value();
}
