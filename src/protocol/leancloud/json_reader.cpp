// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/json_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/ascii.hpp"
#include "base/text_codes.hpp"
#include "protocol/leancloud/codec.hpp"
#include "protocol/leancloud/schema.hpp"

namespace kith::leancloud {
namespace {

using Kind = JsonNode::Kind;

constexpr std::string_view kCmd = kFieldOf<Command, 0>.name;
static_assert(kFieldOf<Command, 0>.member == &Command::cmd);

void find(Cmd& cmd, std::string_view name) { cmd = cmdOf(name); }
void find(Op& op, std::string_view name) { op = opOf(name); }
void find(Status& status, std::string_view name) { status = statusOf(name); }
void find(Direction& direction, std::string_view name) { direction = directionOf(name); }
void find(Device& device, std::string_view name) { device = deviceOf(name); }

class Reader {
 public:
  Reader(std::string_view frame, std::span<const JsonNode> nodes, Arena& arena, Problem& problem)
      : frame_(frame), nodes_(nodes), arena_(arena), problem_(problem) {}

  bool readCommand(Command& command);

  // The value whose first node is nodes_[at], which is no null.
  template <typename Number>
  bool takeNumber(std::size_t at, Number& value) {
    const JsonNode& node = nodes_[at];
    if (node.kind == Kind::Number || node.kind == Kind::String) {
      if (const auto number = base::readNumber<Number>(node.text)) {
        value = *number;
        return true;
      }
    }
    return refuse(at, sizeof(Number) == sizeof(std::int32_t) ? "is no whole number in 32 bits"
                                                             : "is no whole number in 64 bits");
  }
  bool take(std::size_t at, std::int32_t& value) { return takeNumber(at, value); }
  bool take(std::size_t at, std::int64_t& value) { return takeNumber(at, value); }
  bool take(std::size_t at, bool& value) {
    const JsonNode& node = nodes_[at];
    const bool digit = node.kind == Kind::Number && (node.text == "1" || node.text == "0");
    if (node.kind != Kind::True && node.kind != Kind::False && !digit) {
      return refuse(at, "is neither true nor false, 1 nor 0");
    }
    value = node.kind == Kind::True || (digit && node.text == "1");
    return true;
  }
  template <IsEnum E>
  bool take(std::size_t at, E& value) {
    if (nodes_[at].kind == Kind::String) {
      find(value, nodes_[at].text);
      return true;
    }
    std::optional<std::int32_t> number;
    if (nodes_[at].kind == Kind::Number) number = base::readNumber<std::int32_t>(nodes_[at].text);
    if (!number) return refuse(at, "is neither a word nor the number of one");
    value = static_cast<E>(*number);
    return true;
  }
  bool take(std::size_t at, std::string_view& value) {
    if (nodes_[at].has_half) return refuse(at, "has half of a surrogate pair");
    return takeProse(at, value);
  }
  /// A text that people read.
  bool takeProse(std::size_t at, std::string_view& value) {
    if (nodes_[at].kind != Kind::String) return refuse(at, "is not a text");
    value = nodes_[at].text;
    return true;
  }
  bool takeProse(std::size_t at, Text& value) { return takeProse(at, value.emplace()); }
  bool take(std::size_t at, Bytes& value) {
    const JsonNode& node = nodes_[at];
    if (node.kind != Kind::String) return refuse(at, "is not a text in base64");
    char* const bytes = arena_.room<char>(base::mostBase64Bytes(node.text.size()));
    const auto size = base::readBase64(node.text, bytes);
    if (!size) return refuse(at, "is not base64");
    value.data = {bytes, *size};
    return true;
  }
  bool take(std::size_t at, Json& value) {
    value.text = nodes_[at].raw;
    return true;
  }
  template <IsMessage T>
  bool take(std::size_t at, T& message) {
    return nodes_[at].kind == Kind::Object ? readObject(at, message)
                                           : refuse(at, "is not an object");
  }
  template <typename T>
  bool take(std::size_t at, std::optional<T>& value) {
    return take(at, value.emplace());
  }
  template <typename T>
  bool take(std::size_t at, List<T>& list) {
    if (nodes_[at].kind != Kind::Array) return refuse(at, "is not a list");
    const std::size_t end = nodes_[at].next;
    for (std::size_t i = at + 1; i < end; i = nodes_[i].next) {
      if (nodes_[i].kind == Kind::Null) continue;
      if (++elements_ > kListElements) {
        return refuse(i, "has, with the other lists, more than 16384 elements");
      }
      if (!take(i, arena_.append(list))) return false;
    }
    if constexpr (std::is_same_v<T, std::string_view>) {
      if (list.empty()) list = emptyTexts();
    }
    return true;
  }

 private:
  template <typename T>
  bool readObject(std::size_t at, T& message);
  template <typename T>
  bool readMember(std::size_t name, T& message, std::uint64_t& came, bool& known);
  template <typename T>
  bool checkRequired(std::size_t at, std::uint64_t came);
  bool readMembers(Command& command);

  bool refuse(std::size_t at, const char* what) {
    return problem_.say(what, static_cast<std::size_t>(nodes_[at].raw.data() - frame_.data()));
  }

  const std::string_view frame_;
  const std::span<const JsonNode> nodes_;
  Arena& arena_;
  Problem& problem_;
  std::size_t elements_{0};  ///< of lists, so far
};

/// How a member of T is read.
template <typename T>
struct Entry {
  std::string_view name;
  bool (*read)(Reader& reader, std::size_t at, T& message){nullptr};
  bool required{false};
};

template <typename T, std::size_t I>
bool readField(Reader& reader, std::size_t at, T& message) {
  constexpr auto& field = kFieldOf<T, I>;
  if constexpr (field.use == Reads::Prose) {
    return reader.takeProse(at, message.*field.member);
  } else {
    return reader.take(at, message.*field.member);
  }
}

/// In the order of the schema.
template <typename T>
constexpr auto kEntries = [] {
  static_assert(kFieldsOf<T> <= 64);
  std::array<Entry<T>, kFieldsOf<T>> entries{};
  eachField<T>([&]<std::size_t I>() {
    entries[I] = {kFieldOf<T, I>.name, &readField<T, I>, kIsRequired<T, I>};
  });
  return entries;
}();

/// Reads the member whose name is nodes_[name] when T has it.
template <typename T>
bool Reader::readMember(std::size_t name, T& message, std::uint64_t& came, bool& known) {
  constexpr auto& entries = kEntries<T>;
  std::size_t i = 0;
  while (i < entries.size() && entries[i].name != nodes_[name].text) ++i;
  known = i < entries.size();
  if (!known || nodes_[name + 1].kind == Kind::Null) return true;
  const std::uint64_t bit = std::uint64_t{1} << i;
  const bool good =
      (came & bit) == 0 ? entries[i].read(*this, name + 1, message) : refuse(name, "comes twice");
  came |= bit;
  return good || problem_.in(Schema<T>::kName, entries[i].name);
}

template <typename T>
bool Reader::checkRequired(std::size_t at, std::uint64_t came) {
  for (std::size_t i = 0; i < kEntries<T>.size(); ++i) {
    if (!kEntries<T>[i].required || (came >> i & 1u) != 0) continue;
    refuse(at, "is missing");
    return problem_.in(Schema<T>::kName, kEntries<T>[i].name);
  }
  return true;
}

template <typename T>
bool Reader::readObject(std::size_t at, T& message) {
  std::uint64_t came = 0;
  bool known = false;
  for (std::size_t name = at + 1; name < nodes_[at].next; name = nodes_[name + 1].next) {
    if (!readMember(name, message, came, known)) return false;
  }
  return checkRequired<T>(at, came);
}

bool Reader::readCommand(Command& command) {
  if (nodes_.front().kind != Kind::Object) return refuse(0, "is not a JSON object");
  std::uint64_t came = 0;
  bool known = false;
  // First, since it says what the other members are.
  for (std::size_t name = 1; name < nodes_.size(); name = nodes_[name + 1].next) {
    if (nodes_[name].text == kCmd && !readMember(name, command, came, known)) return false;
  }
  if (command.cmd == Cmd::None) {
    if (came == 0) return true;
    refuse(0, "is no command");
    return problem_.in(Schema<Command>::kName, kCmd);
  }
  eachBody([&]<typename B>() {
    if (Schema<B>::kBody.cmd == command.cmd) command.body.emplace<B>();
  });
  return readMembers(command);
}

/// All but `cmd`.
bool Reader::readMembers(Command& command) {
  std::uint64_t of_command = 0;
  std::uint64_t of_body = 0;
  bool known = false;
  for (std::size_t name = 1; name < nodes_.size(); name = nodes_[name + 1].next) {
    if (nodes_[name].text == kCmd) continue;
    if (!readMember(name, command, of_command, known)) return false;
    if (known) continue;
    const bool good = std::visit(
        [&]<typename B>(B& body) {
          if constexpr (IsMessage<B>) return readMember(name, body, of_body, known);
          return true;
        },
        command.body);
    if (!good) return false;
  }
  return std::visit(
      [&]<typename B>(const B&) {
        if constexpr (IsMessage<B>) return checkRequired<B>(0, of_body);
        return true;
      },
      command.body);
}

}  // namespace

bool readJson(std::string_view frame, std::span<const JsonNode> nodes, Arena& arena,
              Command& command, Problem& problem) {
  return Reader(frame, nodes, arena, problem).readCommand(command);
}

}  // namespace kith::leancloud
