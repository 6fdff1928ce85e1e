// SPDX-License-Identifier: Apache-2.0
// Any bytes as the answer of a router or a signing service. The exchange completes once, follows
// no redirect, keeps within its limit, and no error tells the query of the URL.
//
// The input: one byte of switches (2 and 4: in how many pieces it goes, 8: POST), then the bytes.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/utf8.hpp"
#include "loopback.hpp"
#include "net/client/loop.hpp"
#include "protocol/avos/route.hpp"
#include "protocol/avos/sign_contract.hpp"

namespace {

using kith::fuzzing::Acceptor;
using kith::fuzzing::require;
using kith::fuzzing::Socket;
namespace net = kith::net;

constexpr std::size_t kMaxAnswer = 4096;
constexpr kith::base::Millis kPatience{2000};

struct Outcome {
  std::optional<kith::Result<net::HttpAnswer>> answer;  // loop thread, until done
  std::atomic<int> completions{0};
};

class World {
 public:
  World() : loop_(net::Loop::make({})) {}

  void run(unsigned switches, std::string_view bytes) {
    const std::shared_ptr<Outcome> outcome = ask(switches);
    const auto deadline = std::chrono::steady_clock::now() + kith::fuzzing::kPatience;
    // More than one connection only when curl finds that the first was an old one.
    while (outcome->completions.load() == 0) {
      require(std::chrono::steady_clock::now() < deadline, "the exchange never completes");
      if (!acceptor_.waiting(std::chrono::milliseconds(1))) continue;
      answer(acceptor_.accept(), switches, bytes, *outcome);
    }
    std::atomic<bool> passed{false};
    require(loop_->post([&] { passed = true; }), "the loop has ended");
    while (!passed) require(std::chrono::steady_clock::now() < deadline, "the loop hangs");
    require(outcome->completions.load() == 1, "completed twice");
    check(*outcome->answer);
  }

 private:
  std::shared_ptr<Outcome> ask(unsigned switches) {
    auto outcome = std::make_shared<Outcome>();
    net::HttpRequest request;
    if ((switches & 8) != 0) {
      request.method = "POST";
      request.body = "{}";
    }
    request.url = "http://127.0.0.1:" + std::to_string(acceptor_.port()) + "/v1/route?key=sesame";
    request.max_answer_bytes = kMaxAnswer;
    request.timeout = kPatience;
    require(loop_->post([this, request, outcome] {
      loop_->http(request, [outcome](kith::Result<net::HttpAnswer> answer) {
        outcome->answer = std::move(answer);
        outcome->completions.fetch_add(1);
      });
    }),
            "the loop has ended");
    return outcome;
  }
  static void answer(Socket socket, unsigned switches, std::string_view bytes,
                     const Outcome& outcome) {
    std::string rest;
    const std::string head = socket.receiveHead(rest);
    if (head.empty()) return;
    require(head.find(" /v1/route?key=sesame HTTP/1.1\r\n") != std::string::npos,
            "another address was asked");
    socket.sendInPieces(bytes, switches >> 1);
    socket.endSending();
    // curl may keep the connection for later.
    while (outcome.completions.load() == 0) {
      if (socket.readable(std::chrono::milliseconds(1)) && socket.receive().empty()) return;
    }
  }
  static void check(const kith::Result<net::HttpAnswer>& answer) {
    if (!answer) {
      require(!answer.error().detail.empty(), "an error without words");
      require(answer.error().detail.find("sesame") == std::string::npos, "the query was told");
      require(kith::base::isUtf8(answer.error().detail), "an error that is no text");
      return;
    }
    require(answer->body.size() <= kMaxAnswer, "an answer longer than the limit");
    (void)kith::avos::parseRoute(answer->body);
    const kith::SignatureRequest request{kith::SignedAction::Invite, "app", "p", "g", {"a"}};
    (void)kith::avos::parseSignAnswer(answer->body, request);
  }

  Acceptor acceptor_;
  std::shared_ptr<net::Loop> loop_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size == 0) return 0;
  world.run(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
