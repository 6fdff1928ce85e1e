// SPDX-License-Identifier: Apache-2.0
#include "server/objects/text_pattern.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::objects {

TEST_CASE("text pattern: what it says and where it holds") {
  const struct {
    const char* pattern;
    const char* options;
    const char* text;
    bool matches;
  } rows[] = {
      {"", "", "", true},
      {"", "", "anything", true},
      {"bc", "", "abcd", true},
      {"bd", "", "abcd", false},
      {"^ab", "", "abc", true},
      {"^b", "", "abc", false},
      {"bc$", "", "abc", true},
      {"b$", "", "abc", false},
      {"^abc$", "", "abc", true},
      {"^$", "", "", true},
      {"^$", "", "a", false},
      // What startsWith(), contains() and endsWith() of the clients send.
      {"^\\Qa.b\\E", "", "a.bc", true},
      {"^\\Qa.b\\E", "", "axbc", false},
      {"\\Q(x|y)*\\E$", "", "see (x|y)*", true},
      {"\\Qa\\E\\\\E\\Qb\\E", "", "a\\Eb", true},
      {"^\\Q$\\E", "", "$1", true},
      {"\\Qno end", "", "say no end of it", true},
      {"a.c", "", "abc", true},
      {"a.c", "", "a\nc", false},
      {"a.c", "s", "a\nc", true},
      {"^a.c$", "",
       "a\xe5\xb0\x8f"
       "c",
       true},
      {"^..$", "", "\xf0\x9f\x98\x80\xc3\xa9", true},
      {"a*b", "", "b", true},
      {"^a*b$", "", "aaab", true},
      {"^a+b$", "", "b", false},
      {"^a+b$", "", "aab", true},
      {"^ab?c$", "", "ac", true},
      {"^ab?c$", "", "abbc", false},
      {"^a*a*a$", "", "a", true},
      {"^.*\\.png$", "", "x/y.png", true},
      {"^.*\\.png$", "", "x/y.pngs", false},
      {"a.*b.*c", "", "xaxxbxxcx", true},
      {"a.*b.*c", "", "xaxxcxxbx", false},
      {"^\\d+-\\w+\\s\\S\\D\\W$", "", "12-a_9\t!x-", true},
      {"^\\d$", "", "x", false},
      {"ABC", "", "abc", false},
      {"ABC", "i", "xabcx", true},
      {"\xc3\x84", "i", "\xc3\xa4", false},
      {"^b", "m", "a\nb", true},
      {"a$", "m", "a\nb", true},
      {"^a$", "", "a\n", false},
      {"\\^\\$\\*\\/", "", "^$*/", true},
      {"\\t\\n\\r", "", "\t\n\r", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.pattern, row.options, row.text);
    const auto pattern = TextPattern::parse(row.pattern, row.options);
    REQUIRE(pattern);
    Work work;
    CHECK(pattern->matches(row.text, work) == row.matches);
  }
}

TEST_CASE("text pattern: what is not understood is refused with its place") {
  const struct {
    const char* pattern;
    const char* options;
    const char* why;
  } rows[] = {
      {"a(b|c)", "", "groups, sets and alternatives are not understood"},
      {"[ab]", "", "(byte 0 of the pattern)"},
      {"ab{2}", "", "(byte 2 of the pattern)"},
      {"*a", "", "stand behind one character"},
      {"a**", "", "stand behind one character"},
      {"a+?", "", "stand behind one character"},
      {"a^b", "", "^ stands at the beginning only"},
      {"a$b", "", "$ stands at the end only"},
      {"a\\", "", "after \\ comes a sign"},
      {"\\1", "", "after \\ comes a sign"},
      {"\\bword", "", "after \\ comes a sign"},
      {"a", "x", "$options"},
      {"\xff", "", "is not UTF-8"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.pattern);
    const auto pattern = TextPattern::parse(row.pattern, row.options);
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().code == Errc::InvalidArgument);
    CHECK(pattern.error().detail.find(row.why) != std::string::npos);
  }
  CHECK(TextPattern::parse(std::string(kPatternParts, 'a'), ""));
  CHECK_FALSE(TextPattern::parse(std::string(kPatternParts + 1, 'a'), ""));
}

TEST_CASE("text pattern: a pattern made to explode costs what its length says") {
  std::string pattern = "^";
  for (std::size_t i = 0; i < 100; ++i) pattern += "a?";
  for (std::size_t i = 0; i < 100; ++i) pattern += "a*";
  pattern += "b$";
  const auto explosive = TextPattern::parse(pattern, "");
  REQUIRE(explosive);
  const std::string text(10000, 'a');
  Work work;
  CHECK_FALSE(explosive->matches(text, work));
  CHECK(work.done == text.size() * (1 + 201 / 8));
}

}  // namespace kith::objects
