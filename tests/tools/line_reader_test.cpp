// SPDX-License-Identifier: Apache-2.0
#include "tools/line_reader.hpp"

#include <string>
#include <unistd.h>

#include "support/catch.hpp"

using kith::tools::LineReader;

namespace {

struct Pipe {
  Pipe() { REQUIRE(pipe(ends) == 0); }
  ~Pipe() {
    close(ends[0]);
    finish();
  }
  void say(const std::string& bytes) const {
    REQUIRE(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  void finish() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  int ends[2]{-1, -1};
};

}  // namespace

TEST_CASE("line reader: a line that comes in pieces is one line") {
  Pipe pipe;
  LineReader reader(pipe.ends[0]);
  pipe.say("hel");
  reader.fill();
  CHECK_FALSE(reader.next());
  pipe.say("lo\nwor");
  reader.fill();
  CHECK(reader.next() == "hello");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.done());
}

TEST_CASE("line reader: the last line needs no end, and empty lines count") {
  Pipe pipe;
  LineReader reader(pipe.ends[0]);
  pipe.say("one\r\n\ntwo");
  pipe.finish();
  reader.fill();
  CHECK(reader.next() == "one");
  CHECK(reader.next() == "");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.done());
  reader.fill();
  CHECK(reader.next() == "two");
  CHECK_FALSE(reader.next());
  CHECK(reader.done());
}

TEST_CASE("line reader: a byte order mark is nothing before the first line, and text elsewhere") {
  Pipe pipe;
  LineReader reader(pipe.ends[0]);
  pipe.say("\xef\xbb");
  reader.fill();
  CHECK_FALSE(reader.next());
  pipe.say("\xbfone\n\xef\xbb\xbftwo\n");
  reader.fill();
  CHECK(reader.next() == "one");
  CHECK(reader.next() == "\xef\xbb\xbftwo");
}
