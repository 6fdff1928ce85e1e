// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/requests.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;
using engine::Requester;
using engine::RequestKind;
using engine::Requests;

TEST_CASE("requests: an answer is found by i, out of order too, and once") {
  Requests requests;
  Requester one{1};
  for (std::uint64_t tag = 1; tag <= 3; ++tag)
    CHECK(requests.add(one, RequestKind::Send, tag, Millis{0}) == static_cast<std::int64_t>(tag));
  CHECK(requests.take(FrameText("ack a i=2").frame(), 1, Millis{0})->tag == 2);
  CHECK_FALSE(requests.take(FrameText("ack a i=2").frame(), 1, Millis{0}));
  CHECK(requests.take(FrameText("ack a i=1").frame(), 1, Millis{0})->tag == 1);
  CHECK(requests.take(FrameText("ack a i=3").frame(), 1, Millis{0})->tag == 3);
  CHECK(requests.empty());
  CHECK(requests.add(one, RequestKind::Send, 4, Millis{0}) == 4);
}

TEST_CASE("requests: without i the session's first request of the right kind is meant") {
  Requests requests;
  Requester one{1};
  Requester two{2};
  requests.add(one, RequestKind::Query, 1, Millis{0});
  requests.add(two, RequestKind::Send, 2, Millis{0});
  requests.add(one, RequestKind::Send, 3, Millis{0});
  requests.add(one, RequestKind::Send, 4, Millis{0});
  CHECK(requests.take(FrameText("ack a").frame(), 1, Millis{0})->tag == 3);
  CHECK(requests.take(FrameText("ack a").frame(), 1, Millis{0})->tag == 4);
  CHECK_FALSE(requests.take(FrameText("ack a").frame(), 1, Millis{0}));
}

TEST_CASE("requests: text serials and foreign sessions match nothing") {
  Requests requests;
  Requester one{1};
  requests.add(one, RequestKind::Send, 1, Millis{0});
  avos::Frame frame = FrameText("ack a").frame();
  frame.i = {avos::Serial::Kind::Text, 0, "1"};
  CHECK_FALSE(requests.take(frame, 1, Millis{0}));
  CHECK_FALSE(requests.take(FrameText("ack a i=1").frame(), 2, Millis{0}));
  CHECK_FALSE(requests.take(FrameText("presence a i=1").frame(), 1, Millis{0}));
}

TEST_CASE("requests: the deadline runs from the oldest request or the last progress") {
  Requests requests;
  Requester one{1};
  CHECK(requests.deadline(Millis{10}) == base::kNever);
  requests.add(one, RequestKind::Send, 1, Millis{100});
  requests.add(one, RequestKind::Send, 2, Millis{101});
  requests.add(one, RequestKind::Send, 3, Millis{102});
  CHECK(requests.deadline(Millis{10}) == Millis{110});
  requests.take(FrameText("ack a i=3").frame(), 1, Millis{105});
  CHECK(requests.deadline(Millis{10}) == Millis{110});  // the oldest was passed over: no progress
  requests.take(FrameText("ack a i=1").frame(), 1, Millis{108});
  CHECK(requests.deadline(Millis{10}) == Millis{118});
  requests.forget(one);
  CHECK(requests.deadline(Millis{10}) == base::kNever);
}

TEST_CASE("requests: behind the last serial that Android can read comes 1 again") {
  Requests requests(0x7ffffffd);
  Requester one{1};
  CHECK(requests.add(one, RequestKind::Send, 1, Millis{0}) == 0x7ffffffe);
  CHECK(requests.add(one, RequestKind::Send, 2, Millis{0}) == 0x7fffffff);
  CHECK(requests.add(one, RequestKind::Send, 3, Millis{0}) == 1);
  CHECK(requests.add(one, RequestKind::Send, 4, Millis{0}) == 2);
  CHECK(requests.take(FrameText("ack a i=1").frame(), 1, Millis{0})->tag == 3);
  CHECK(requests.take(FrameText("ack a i=2147483647").frame(), 1, Millis{0})->tag == 2);
  CHECK(requests.take(FrameText("ack a i=2147483646").frame(), 1, Millis{0})->tag == 1);
  CHECK(requests.take(FrameText("ack a i=2").frame(), 1, Millis{0})->tag == 4);
  CHECK_FALSE(requests.take(FrameText("ack a i=2147483648").frame(), 1, Millis{0}));
}

TEST_CASE("requests: close is not waited for but keeps its serial") {
  Requests requests;
  Requester one{1};
  CHECK(requests.add(one, RequestKind::Close, 0, Millis{0}) == 1);
  CHECK(requests.empty());
  CHECK(requests.add(one, RequestKind::Open, 1, Millis{0}) == 2);
  CHECK(requests.add(one, RequestKind::Close, 0, Millis{0}) == 3);
  CHECK(requests.add(one, RequestKind::Open, 2, Millis{0}) == 4);
  CHECK(requests.take(FrameText("session opened a i=2").frame(), 1, Millis{0})->tag == 1);
  CHECK(requests.take(FrameText("session opened a i=4").frame(), 1, Millis{0})->tag == 2);
  CHECK(requests.empty());
}

TEST_CASE("requests: forgetting one session leaves those of the others") {
  Requests requests;
  Requester one{1};
  Requester two{2};
  for (std::uint64_t tag = 1; tag <= 6; ++tag) {
    requests.add(tag % 2 == 0 ? two : one, RequestKind::Send, tag, Millis{0});
  }
  requests.take(FrameText("ack a i=5").frame(), 1, Millis{0});
  CHECK(requests.waitsFor(one));
  requests.forget(one);
  CHECK_FALSE(requests.waitsFor(one));
  CHECK(requests.waitsFor(two));
  CHECK_FALSE(requests.take(FrameText("ack a i=1").frame(), 1, Millis{0}));
  requests.add(one, RequestKind::Send, 7, Millis{0});
  CHECK(requests.waitsFor(one));
  for (const std::uint64_t tag : {2, 4, 6, 7}) {
    const std::string ack = "ack a i=" + std::to_string(tag);
    CHECK(requests.take(FrameText(ack).frame(), tag == 7 ? 1 : 2, Millis{0})->tag == tag);
  }
  CHECK_FALSE(requests.waitsFor(one));
  CHECK(requests.empty());
}

TEST_CASE("requests: a new connection counts anew, and what was asked before is over") {
  Requests requests;
  Requester one{1};
  requests.add(one, RequestKind::Send, 1, Millis{0});
  requests.add(one, RequestKind::Send, 2, Millis{0});
  requests.clear();
  CHECK_FALSE(requests.waitsFor(one));
  CHECK(requests.add(one, RequestKind::Send, 3, Millis{0}) == 1);
  CHECK(requests.waitsFor(one));
  CHECK(requests.take(FrameText("ack a i=1").frame(), 1, Millis{0})->tag == 3);
  CHECK_FALSE(requests.waitsFor(one));
}

TEST_CASE("requests: to close many sessions costs what they asked, not its square") {
  constexpr std::size_t kSessions = 10000;
  Requests requests;
  std::vector<Requester> askers(kSessions);
  for (std::size_t i = 0; i < kSessions; ++i) {
    askers[i].session = static_cast<engine::SessionRef>(i + 1);
    requests.add(askers[i], RequestKind::Send, i, Millis{0});
  }
  for (Requester& requester : askers) {
    CHECK(requests.waitsFor(requester));
    requests.add(requester, RequestKind::Close, 0, Millis{0});
    requests.forget(requester);
  }
  CHECK(requests.empty());
  CHECK(requests.looks() <= 4 * kSessions);
}

}  // namespace
}  // namespace kith::test
