// SPDX-License-Identifier: Apache-2.0
// NATS JetStream: a message to p.<name> is kept in the stream KITH, whose answer to the sender's
// reply subject is the acceptance. Each peer has a durable push consumer, and acknowledges each
// message. The stream itself is made by benchmarks/compare. There is no group.
#include "benchmarks/drivers/nats_lines.hpp"

namespace kith::bench {
namespace {

class JetStreamClient final : public NatsLines {
 public:
  using NatsLines::NatsLines;

  void send(std::string_view to, std::string_view body) override {
    publish({"p.", to}, answers_, body);
  }
  void speak(std::string_view) override { lose("JetStream has no group here"); }

 private:
  void greeted() override {
    answers_ = "answers." + name();
    made_ = false;
    out() += "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n";
    subscribe(answers_, "1");
    if (role().hears) subscribe("to." + name(), "2");
    if (role().hears && !role().known) return makeConsumer();
    out() += "PING\r\n";
  }

  void makeConsumer() {
    publish({"$JS.API.CONSUMER.DURABLE.CREATE.KITH.", name()}, answers_,
            "{\"stream_name\":\"KITH\",\"config\":{\"durable_name\":\"" + name() +
                "\",\"deliver_subject\":\"to." + name() + "\",\"filter_subject\":\"p." + name() +
                "\",\"deliver_policy\":\"all\",\"ack_policy\":\"explicit\","
                // Ten minutes: a drain that takes its time is slow, and not a loss to be repaired.
                "\"ack_wait\":600000000000}}");
  }

  void pong() override { loggedIn(); }

  void message(std::string_view subject, std::string_view reply,
               std::string_view payload) override {
    if (subject == answers_) return answered(payload);
    publish({reply}, {}, "+ACK");
    heard(payload);
  }

  void answered(std::string_view payload) {
    if (payload.find("\"error\"") != std::string_view::npos) return lose(payload);
    if (made_) return accepted();
    loggedIn();
  }

  void loggedIn() {
    made_ = true;
    ready();
  }

  std::string answers_;
  bool made_{false};
};

}  // namespace

std::unique_ptr<Client> makeJetStreamClient(const ClientArgs& args) {
  return std::make_unique<JetStreamClient>(args);
}

}  // namespace kith::bench
