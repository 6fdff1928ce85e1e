// SPDX-License-Identifier: Apache-2.0
// How clients of v1 read history: one page after the other over HTTP, on one connection.
#include <charconv>

#include "benchmarks/drivers/protocols.hpp"

namespace kith::bench {
namespace {

class AvosHistory final : public Client {
 public:
  explicit AvosHistory(const ClientArgs& args)
      : Client(args.loop, args.server, args.index, args.name, args.role, args.listener) {}

  void send(std::string_view, std::string_view) override { lose("it reads, and sends nothing"); }
  void speak(std::string_view) override { lose("it reads, and sends nothing"); }
  void readPage(std::int64_t before, std::size_t messages) override {
    out()
        .append("GET /1.1/rtm/messages/logs?convid=")
        .append(avosGroups().front())
        .append("&max_ts=")
        .append(std::to_string(before))
        .append("&limit=")
        .append(std::to_string(messages))
        .append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nX-LC-Id: bench\r\n\r\n");
  }

 private:
  void connected() override { ready(); }

  std::size_t received(std::string_view bytes) override {
    const std::size_t head = bytes.find("\r\n\r\n");
    if (head == std::string_view::npos) return 0;
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = bytes.substr(0, head).find(kLength);
    if (bytes.substr(0, 12) != "HTTP/1.1 200" || at == std::string_view::npos) {
      lose(bytes.substr(0, head));
      return 0;
    }
    std::size_t size = 0;
    const char* const digits = bytes.data() + at + kLength.size();
    std::from_chars(digits, bytes.data() + head, size);
    const std::size_t all = head + 4 + size;
    if (bytes.size() < all) return 0;
    page(countMessages(bytes.substr(head + 4, size)));
    return all;
  }

  static std::size_t countMessages(std::string_view json) {
    constexpr std::string_view kId = "\"msg-id\":";
    std::size_t count = 0;
    for (std::size_t at = json.find(kId); at != std::string_view::npos;
         at = json.find(kId, at + kId.size())) {
      ++count;
    }
    return count;
  }
};

}  // namespace

std::unique_ptr<Client> makeAvosHistory(const ClientArgs& args) {
  return std::make_unique<AvosHistory>(args);
}

}  // namespace kith::bench
