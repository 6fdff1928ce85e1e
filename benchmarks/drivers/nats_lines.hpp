// SPDX-License-Identifier: Apache-2.0
// NATS' lines: what core NATS and JetStream clients share.
#pragma once

#include <charconv>

#include "benchmarks/drivers/protocols.hpp"

namespace kith::bench {

class NatsLines : public Client {
 public:
  explicit NatsLines(const ClientArgs& args)
      : Client(args.loop, args.server, args.index, args.name, args.role, args.listener) {}

 protected:
  /// The server said INFO: log in.
  virtual void greeted() = 0;
  virtual void okay() {}
  virtual void pong() {}
  virtual void message(std::string_view subject, std::string_view reply,
                       std::string_view payload) = 0;

  /// Empty `reply`: none is wanted.
  void publish(std::initializer_list<std::string_view> subject, std::string_view reply,
               std::string_view payload) {
    std::string& to = out();
    to += "PUB ";
    for (const std::string_view part : subject) to.append(part);
    to += ' ';
    if (!reply.empty()) to.append(reply).append(" ");
    char digits[24];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, payload.size()).ptr);
    to.append("\r\n").append(payload).append("\r\n");
  }
  void subscribe(std::string_view subject, std::string_view id) {
    out().append("SUB ").append(subject).append(" ").append(id).append("\r\n");
  }

 private:
  void connected() override {}

  std::size_t received(std::string_view bytes) override {
    std::size_t used = 0;
    for (;;) {
      const std::size_t end = bytes.find("\r\n", used);
      if (end == std::string_view::npos) return used;
      const std::string_view line = bytes.substr(used, end - used);
      std::size_t next = end + 2;
      if (line.substr(0, 4) == "MSG ") {
        std::size_t size = 0;
        const char* digits = line.data() + line.rfind(' ') + 1;
        std::from_chars(digits, line.data() + line.size(), size);
        if (bytes.size() < next + size + 2) return used;
        deliver(line.substr(4), bytes.substr(next, size));
        next += size + 2;
      } else {
        control(line);
      }
      used = next;
    }
  }

  /// `<subject> <sid> [reply] <size>`
  void deliver(std::string_view line, std::string_view payload) {
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first + 1);
    const std::size_t last = line.rfind(' ');
    const auto reply = last > second ? line.substr(second + 1, last - second - 1) : "";
    message(line.substr(0, first), reply, payload);
  }

  void control(std::string_view line) {
    if (line == "+OK") return okay();
    if (line == "PONG") return pong();
    if (line == "PING") out() += "PONG\r\n";
    if (line.substr(0, 5) == "INFO ") greeted();
    if (line.substr(0, 4) == "-ERR") lose(line);
  }
};

}  // namespace kith::bench
