// SPDX-License-Identifier: Apache-2.0
// Redis with RESP3, where one connection both publishes and hears. A message to a connected
// peer is a PUBLISH; for an absent one, a list per peer is filled with RPUSH and emptied with LPOP.
// The answer to the command is the acceptance.
#include <charconv>

#include "benchmarks/drivers/protocols.hpp"

namespace kith::bench {
namespace {

class RedisClient final : public Client {
 public:
  explicit RedisClient(const ClientArgs& args)
      : Client(args.loop, args.server, args.index, args.name, args.role, args.listener) {}

  void send(std::string_view to, std::string_view body) override {
    if (role().kept) return command({"RPUSH", "q:" + std::string(to), body});
    command({"PUBLISH", "p:" + std::string(to), body});
  }
  void speak(std::string_view body) override { command({"PUBLISH", "g", body}); }

 private:
  void connected() override {
    greeted_ = false;
    confirmations_ = 0;
    command({"HELLO", "3"});
  }

  void logIn() {
    greeted_ = true;
    if (role().kept) {
      ready();
      if (role().known) command({"LPOP", "q:" + name(), "1000"});
      return;
    }
    if (role().hears) command({"SUBSCRIBE", "p:" + name()}), ++confirmations_;
    if (role().member) command({"SUBSCRIBE", "g"}), ++confirmations_;
    if (confirmations_ == 0) ready();
  }

  void command(std::initializer_list<std::string_view> words) {
    std::string& to = out();
    to.append("*").append(std::to_string(words.size())).append("\r\n");
    for (const std::string_view word : words) {
      to.append("$").append(std::to_string(word.size())).append("\r\n");
      to.append(word).append("\r\n");
    }
  }

  std::size_t received(std::string_view bytes) override {
    std::size_t used = 0;
    while (used < bytes.size()) {
      texts_.clear();
      const std::size_t size = measure(bytes.substr(used));
      if (size == 0) break;
      answer(bytes[used]);
      used += size;
    }
    return used;
  }

  /// The length of the value at the front, 0 when it is not all there; its texts go to texts_.
  std::size_t measure(std::string_view bytes) {
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) return 0;
    std::int64_t count = 0;
    std::from_chars(bytes.data() + 1, bytes.data() + end, count);
    std::size_t used = end + 2;
    if (bytes[0] == '$' && count >= 0) {
      const auto size = static_cast<std::size_t>(count);
      if (bytes.size() < used + size + 2) return 0;
      texts_.push_back(bytes.substr(used, size));
      return used + size + 2;
    }
    const bool many = bytes[0] == '*' || bytes[0] == '>' || bytes[0] == '%';
    if (bytes[0] == '%') count *= 2;
    for (std::int64_t i = 0; many && i < count; ++i) {
      const std::size_t size = measure(bytes.substr(used));
      if (size == 0) return 0;
      used += size;
    }
    if (!many) texts_.push_back(bytes.substr(0, end));
    return used;
  }

  void answer(char kind) {
    if (kind == '-') return lose(texts_.front());
    if (!greeted_) return logIn();
    if (kind == ':') return accepted();
    if (kind == '*') {
      for (const std::string_view text : texts_) heard(text);
    } else if (kind == '>' && texts_.front() == "message") {
      heard(texts_.back());
    } else if (kind == '>' && --confirmations_ == 0) {
      ready();
    }
  }

  bool greeted_{false};
  int confirmations_{0};
  std::vector<std::string_view> texts_;
};

}  // namespace

std::unique_ptr<Client> makeRedisClient(const ClientArgs& args) {
  return std::make_unique<RedisClient>(args);
}

}  // namespace kith::bench
