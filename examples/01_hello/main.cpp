// SPDX-License-Identifier: Apache-2.0
// Two peers say hello through a kithd at ws://127.0.0.1:7700 (start it with `--app demo`).
#include <kith/kith.hpp>

#include <future>
#include <iostream>

struct Friendly : kith::MessageReceiver {
  std::promise<void> done;
  void onMessage(kith::Session& me, const kith::Message& m) override {
    std::cout << me.peerId() << " hears from " << m.from << ": " << m.text << '\n';
    if (me.peerId() == "tom") return done.set_value();
    me.send({.text = "hello yourself", .to = {m.from}});
  }
};

int main(int argc, char** argv) {
  kith::SessionManager chat(
      {.app_id = "demo", .server = argc > 1 ? argv[1] : "ws://127.0.0.1:7700"});
  auto ears = std::make_shared<Friendly>();
  auto tom = chat.session("tom"), jerry = chat.session("jerry");
  for (auto& peer : {tom, jerry}) peer->setReceiver(ears);
  jerry->open({"tom"});  // open as jerry and watch tom
  tom->open({"jerry"});
  tom->send({.text = "hello", .to = {"jerry"}});
  return ears->done.get_future().wait_for(std::chrono::seconds(10)) != std::future_status::ready;
}
