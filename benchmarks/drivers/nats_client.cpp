// SPDX-License-Identifier: Apache-2.0
// Core NATS in its verbose mode, where +OK says that the server has taken a message. Peers are
// subjects p.<name>, the group is g.
#include "benchmarks/drivers/nats_lines.hpp"

namespace kith::bench {
namespace {

class NatsClient final : public NatsLines {
 public:
  using NatsLines::NatsLines;

  void send(std::string_view to, std::string_view body) override { publish({"p.", to}, {}, body); }
  void speak(std::string_view body) override { publish({"g"}, {}, body); }

 private:
  void greeted() override {
    awaited_ = 1;
    out() += "CONNECT {\"verbose\":true,\"pedantic\":false}\r\n";
    if (role().hears) subscribe("p." + name(), "1"), ++awaited_;
    if (role().member) subscribe("g", "2"), ++awaited_;
  }

  void okay() override {
    if (awaited_ == 0) return accepted();
    if (--awaited_ == 0) ready();
  }

  void message(std::string_view, std::string_view, std::string_view payload) override {
    heard(payload);
  }

  int awaited_{0};  ///< answers that belong to the login
};

}  // namespace

std::unique_ptr<Client> makeNatsClient(const ClientArgs& args) {
  return std::make_unique<NatsClient>(args);
}

}  // namespace kith::bench
