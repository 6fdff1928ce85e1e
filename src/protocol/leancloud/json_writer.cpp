// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/json_writer.hpp"

#include <kith/limits.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/text_codes.hpp"
#include "json/quote.hpp"
#include "protocol/leancloud/schema.hpp"

namespace kith::leancloud {
namespace {

std::string_view wordOf(Cmd cmd) { return nameOf(cmd); }
std::string_view wordOf(Op op) { return kebabOf(op); }
std::string_view wordOf(Status status) { return nameOf(status); }
std::string_view wordOf(Direction direction) { return nameOf(direction); }
std::string_view wordOf(Device device) { return nameOf(device); }

/// Levels of a JSON value: with the object that is the frame, and the list that it may stand in, as
/// many as a decoder takes.
constexpr std::size_t kValueDepth = limits::kJsonDepth - 2;

/// Writes members and values.
class Pen {
 public:
  Pen(JsonWriter& writer, std::string& out) : writer_(writer), out_(out) {}

  template <typename V>
  void member(std::string_view name, const V& value) {
    if constexpr (kIsOptional<V>) {
      if (value) member(name, *value);
    } else if constexpr (kIsList<V>) {
      if (isWritten(value)) put(begin(name), value);
    } else {
      put(begin(name), value);
    }
  }
  template <IsMessage T>
  void members(const T& message) {
    eachField<T>(
        [&]<std::size_t I>() { member(kFieldOf<T, I>.name, message.*kFieldOf<T, I>.member); });
  }

 private:
  /// A value stands where a name or an opening bracket was written.
  struct Place {};

  template <typename T>
  static bool isWritten(List<T> list) {
    return !list.empty();
  }
  static bool isWritten(Texts list) { return !list.empty() || list.data() == kNoTexts; }

  /// No name needs escaping.
  Place begin(std::string_view name) {
    out_ += std::exchange(between_, ",");
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return {};
  }

  void put(Place, std::int64_t value) {
    std::array<char, 20> digits;  // of the least one, with its sign
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }
  void put(Place place, std::int32_t value) { put(place, std::int64_t{value}); }
  void put(Place, bool value) { out_ += value ? "true" : "false"; }
  template <IsEnum E>
  void put(Place place, E value) {
    const std::string_view word = wordOf(value);
    if (word.empty()) return put(place, static_cast<std::int64_t>(value));
    out_ += '"';
    out_ += word;
    out_ += '"';
  }
  void put(Place, std::string_view text) { json::quoteJson(text, out_); }
  void put(Place, const Bytes& bytes) {
    out_ += '"';
    base::appendBase64(bytes.data, out_);
    out_ += '"';
  }
  void put(Place, const Json& json) { writer_.writeJson(json.text, out_); }
  template <IsMessage T>
  void put(Place, const T& message) {
    out_ += '{';
    between_ = "";
    members(message);
    between_ = ",";
    out_ += '}';
  }
  template <typename T>
  void put(Place place, List<T> list) {
    const char* between = "[";
    for (const T& element : list) {
      out_ += std::exchange(between, ",");
      put(place, element);
    }
    out_ += list.empty() ? "[]" : "]";
  }

  JsonWriter& writer_;
  std::string& out_;
  const char* between_{""};
};

void writeMembers(const Command& command, bool shared, Pen& pen) {
  eachField<Command>([&]<std::size_t I>() {
    if (I == kPeerIdField && shared) return;
    pen.member(kFieldOf<Command, I>.name, command.*kFieldOf<Command, I>.member);
  });
  std::visit(
      [&]<typename B>(const B& body) {
        if constexpr (IsMessage<B>) pen.members(body);
      },
      command.body);
}

}  // namespace

void JsonWriter::write(const Command& command, std::string& out) {
  out += '{';
  if (command.cmd != Cmd::None) {
    Pen pen(*this, out);
    writeMembers(command, false, pen);
  }
  out += '}';
}

void JsonWriter::writeShared(const Command& command, std::string& out) {
  Pen pen(*this, out);
  writeMembers(command, true, pen);
  out += '}';
}

void JsonWriter::writePeer(std::string_view peer_id, std::string& out) {
  out += "{\"";
  out += kFieldOf<Command, kPeerIdField>.name;
  out += "\":";
  json::quoteJson(peer_id, out);
  out += ',';
}

void JsonWriter::writeJson(std::string_view json, std::string& out) {
  Problem ignored;
  arena_.reset();
  if (tape_.read(json, kValueDepth, arena_, ignored)) {
    out += tape_.nodes().front().raw;  // without blanks around it
  } else {
    json::quoteJson(json, out);
  }
}

}  // namespace kith::leancloud
