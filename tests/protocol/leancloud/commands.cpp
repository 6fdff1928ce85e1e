// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/commands.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <random>
#include <variant>

#include "protocol/leancloud/arena.hpp"

namespace kith::leancloud::testing {
namespace {

// --- equality, field by field -------------------------------------------------------------------

template <IsMessage T>
bool isSame(const T& a, const T& b);

bool isSame(const Json& a, const Json& b) { return a == b; }
template <typename T>
bool isSame(const T& a, const T& b) {
  return a == b;
}
template <typename T>
bool isSame(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || isSame(*a, *b));
}
template <typename T>
bool isSame(const List<T>& a, const List<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!isSame(a[i], b[i])) return false;
  }
  return true;
}
template <IsMessage T>
bool isSame(const T& a, const T& b) {
  bool same = true;
  eachField<T>([&]<std::size_t I>() {
    same = same && isSame(a.*kFieldOf<T, I>.member, b.*kFieldOf<T, I>.member);
  });
  return same;
}
bool isSame(const Body& a, const Body& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&]<typename B>(const B& body) {
        if constexpr (IsMessage<B>) return isSame(body, *std::get_if<B>(&b));
        return true;
      },
      a);
}

}  // namespace

/// Fills whatever the tables name.
class CommandMaker::Filler {
 public:
  explicit Filler(std::uint64_t seed) : random_(seed) {}

  template <IsMessage B>
  Command make(unsigned percent) {
    texts_.clear();
    arena_.reset();
    percent_ = percent;
    Command command;
    fillFields(command);
    command.cmd = Schema<B>::kBody.cmd;
    fillFields(command.body.emplace<B>());
    return command;
  }

 private:
  bool happens(unsigned percent) { return random_() % 100 < percent; }
  template <typename T, std::size_t N>
  T oneOf(const T (&choices)[N]) {
    return choices[random_() % N];
  }

  template <IsMessage T>
  void fillFields(T& message) {
    eachField<T>([&]<std::size_t I>() { fill(message.*kFieldOf<T, I>.member); });
  }
  template <IsMessage T>
  void fill(T& message) {
    fillFields(message);
  }
  void fill(Json& json) {
    json.text =
        oneOf<std::string_view>({"{}", "[]", "[null]", "1.50", "-0", "\"a\\u0000\\ud83d\\ude00\"",
                                 R"({"a":{"$in":[1,"x",{"b":[]}]},"n":12345678901234567890})"});
  }
  void fill(std::int32_t& value) {
    value = oneOf<std::int32_t>({0, 1, 127, 128, 65535, -1, -65535, INT32_MAX, INT32_MIN});
  }
  void fill(std::int64_t& value) {
    value = oneOf<std::int64_t>({0, 1, -1, 1733000000000, INT32_MAX, INT64_MAX, INT64_MIN});
  }
  void fill(bool& value) { value = happens(50); }
  template <IsEnum E>
  void fill(E& value) {
    value = static_cast<E>(random_() % 200);
  }
  void fill(std::string_view& text) {
    text = oneOf<std::string_view>({"", "a", "544a0b4ee4b0a1b2c3d4e5f6", "\xe5\xb0\x8f\xe6\x98\x8e",
                                    "\xf0\x9f\x98\x80", "line\n\"quoted\" \\ \x01\x7f",
                                    std::string_view("a\0b", 3)});
    if (happens(10)) text = texts_.emplace_back(random_() % 300, 'x');
  }
  void fill(Bytes& bytes) {
    std::string& made = texts_.emplace_back();
    for (std::size_t left = random_() % 40; left > 0; --left) made += static_cast<char>(random_());
    bytes.data = made;
  }
  template <typename T>
  void fill(std::optional<T>& value) {
    if (happens(percent_)) fill(value.emplace());
  }
  template <typename T>
  void fill(List<T>& list) {
    if (!happens(percent_)) return;
    for (std::size_t left = random_() % 9; left > 0; --left) fill(arena_.append(list));
  }

  std::mt19937_64 random_;
  unsigned percent_{50};
  std::deque<std::string> texts_;
  Arena arena_;
};

CommandMaker::CommandMaker(std::uint64_t seed) : filler_(std::make_unique<Filler>(seed)) {}
CommandMaker::~CommandMaker() = default;

Command CommandMaker::makeOf(Cmd cmd, unsigned percent) {
  Command made;
  eachBody([&]<typename B>() {
    if (Schema<B>::kBody.cmd == cmd) made = filler_->make<B>(percent);
  });
  return made;
}

bool isSameCommand(const Command& a, const Command& b) {
  return isSame(a, b) && isSame(a.body, b.body);
}

Decoded::Decoded(Encoding encoding, std::string_view bytes)
    // Of the exact size, so that a byte too far is seen.
    : frame(bytes.begin(), bytes.end()),
      command(decoder.decode(encoding, {frame.data(), frame.size()})) {}
Decoded::~Decoded() = default;

std::string Decoded::refusal() const { return ok() ? std::string() : command.error().detail; }

std::string encodedAs(Encoding encoding, const Command& command) {
  std::string out;
  Encoder().encode(command, encoding, out);
  return out;
}

std::string bytesOf(std::string_view hex) {
  std::string bytes;
  unsigned half = 0;
  unsigned value = 0;
  for (const char c : hex) {
    if (c == ' ') continue;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    if (++half % 2 == 0) bytes += static_cast<char>(value & 0xFFu);
  }
  return bytes;
}

}  // namespace kith::leancloud::testing
