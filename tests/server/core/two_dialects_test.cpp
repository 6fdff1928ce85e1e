// SPDX-License-Identifier: Apache-2.0
// Connections that speak different things in one conversation.
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

/// v1 with a mark in front of each frame. It counts what it encodes for many.
class MarkedDialect final : public core::Dialect {
 public:
  MarkedDialect() : Dialect(1, {}) {}

  Result<core::Intent> read(char* frame, std::size_t size) override {
    return plain_.read(frame, size);
  }
  void write(const core::Notice& notice, std::string& out) override {
    out += kMark;
    plain_.write(notice, out);
  }
  void writeShared(const core::Notice& notice, core::SharedFrame& out) override {
    ++encoded;
    plain_.writeShared(notice, out);
    out.bytes += ' ';
  }
  std::array<std::string_view, 3> partsFor(const core::SharedFrame& frame,
                                           const core::Peer& to) override {
    CHECK(frame.bytes.back() == ' ');  // its own encoding, not another dialect's
    auto parts = plain_.partsFor(frame, to);
    CHECK(parts[0] == kHead.substr(1));
    parts[0] = kHead;
    return parts;
  }
  bool isSigned(const core::SignedRequest& request, sign::Signer& signer) const override {
    return plain_.isSigned(request, signer);
  }

  static constexpr std::string_view kMark = "#";
  static constexpr std::string_view kHead = R"(#{"peerId":)";
  int encoded{0};

 private:
  dialects::AvosDialect plain_{0};
};

std::string open(const std::string& peer, const std::string& watch = "[]") {
  return R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":")" + peer +
         R"(","sessionPeerIds":)" + watch + "}";
}

TEST_CASE("two dialects: a message is encoded once for each of its receivers' dialects") {
  MarkedDialect marked;
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.open("B", "bob");
  for (const auto* device : {"M", "N"}) {
    world.connect(device, marked);
    world.send(device, open("bob"));
    CHECK(world.take(device).substr(0, 2) == "#{");
  }
  world.takeAll("A");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"hello"})");
  CHECK(marked.encoded == 1);
  std::string plain = world.take("B");
  for (const auto* device : {"M", "N"}) CHECK(world.take(device) == "#" + plain + " ");
  CHECK(textOf(plain, "msg") == "hello");
}

TEST_CASE("two dialects: watchers hear of presence each in their own") {
  MarkedDialect marked;
  HubWorld world;
  world.open("B", "bob", R"(["alice"])");
  world.connect("M", marked);
  world.send("M", open("bob", R"(["alice"])"));
  world.takeAll("M");
  world.open("C", "bob", R"(["alice"])");
  world.open("A", "alice");
  const std::string plain = world.take("B");
  CHECK(textOf(plain, "cmd") == "presence");
  CHECK(world.take("M") == "#" + plain + " ");
  CHECK(world.take("C") == plain);
}

TEST_CASE("two dialects: an app's rule for v1 does not hold for another protocol") {
  MarkedDialect marked;
  auto options = testHub();
  options.apps[0].require_watch = RequireWatch::On;
  HubWorld world(std::move(options));
  world.open("A", "alice");
  world.open("B", "bob");
  const std::string message =
      R"({"cmd":"direct","appId":"testapp0001","peerId":"PEER","toPeerIds":["bob"],"msg":"hello"})";
  const auto from = [&](const std::string& peer) {
    std::string frame = message;
    return frame.replace(frame.find("PEER"), 4, peer);
  };
  world.send("A", from("alice"));
  world.expectNothing("B");
  world.connect("M", marked);
  world.send("M", open("mia"));
  world.send("M", from("mia"));
  CHECK(textOf(world.take("B"), "fromPeerId") == "mia");
}

}  // namespace
}  // namespace kith::testing
