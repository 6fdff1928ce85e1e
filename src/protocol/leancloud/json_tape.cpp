// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/json_tape.hpp"

#include <kith/limits.hpp>

#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/utf8.hpp"
#include "json/half_escapes.hpp"

namespace kith::leancloud {
namespace {

using Kind = JsonNode::Kind;

// Numbers come as their characters: a double on the way would change large ones silently.
// RapidJSON's own check of the encoding reads beyond the end of a text that stops inside of a
// character: read() checks the whole text beforehand.
constexpr unsigned kParseFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;

/// The byte behind the closing quotation mark of the text that begins at `begin`: the first one
/// that no odd number of backslashes stands before.
std::size_t endOfText(std::string_view json, std::size_t begin) {
  for (std::size_t at = json.find('"', begin + 1);; at = json.find('"', at + 1)) {
    std::size_t plain = at;
    while (json[plain - 1] == '\\') --plain;
    if ((at - plain) % 2 == 0) return at + 1;
  }
}

}  // namespace

/// Hears the parser, which works in a copy: texts point into the copy, `raw` into the original.
class JsonTape::Handler {
 public:
  Handler(std::string_view json, const char* copy, rapidjson::InsituStringStream& stream,
          bool has_halves, std::size_t depth, Arena& arena, Problem& problem)
      : json_(json),
        copy_(copy),
        stream_(stream),
        has_halves_(has_halves),
        most_(std::min(depth, limits::kJsonDepth)),
        arena_(arena),
        problem_(problem) {}

  bool Null() { return word(Kind::Null, "null"); }
  bool Bool(bool value) { return value ? word(Kind::True, "true") : word(Kind::False, "false"); }
  bool RawNumber(const char* digits, rapidjson::SizeType size, bool /*copy*/) {
    const std::size_t begin = offsetOf(digits);
    add(Kind::Number, {digits, size}, json_.substr(begin, size));
    return true;
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    const std::size_t begin = offsetOf(text) - 1;
    const std::string_view raw = json_.substr(begin, endOfText(json_, begin) - begin);
    JsonNode& node = add(Kind::String, {text, size}, raw);
    if (has_halves_) json::eachHalfEscape(raw, [&](std::size_t) { node.has_half = true; });
    return true;
  }
  bool Key(const char* name, rapidjson::SizeType size, bool copy) {
    return String(name, size, copy);
  }
  bool StartObject() { return enter(Kind::Object); }
  bool EndObject(rapidjson::SizeType /*members*/) { return leave(); }
  bool StartArray() { return enter(Kind::Array); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return leave(); }
  // RapidJSON's interface wants them; all numbers arrive as RawNumber().
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  std::span<const JsonNode> nodes() const { return nodes_; }

 private:
  // Of texts and numbers alone, which the parser reads with a stream of its own: its position is
  // then that of the value before.
  std::size_t offsetOf(const char* text) const { return static_cast<std::size_t>(text - copy_); }

  JsonNode& add(Kind kind, std::string_view text, std::string_view raw) {
    JsonNode& node = arena_.append(nodes_);
    node.kind = kind;
    node.next = static_cast<std::uint32_t>(nodes_.size());
    node.text = text;
    node.raw = raw;
    return node;
  }
  /// The parser stands behind it.
  bool word(Kind kind, std::string_view spelling) {
    add(kind, {}, json_.substr(stream_.Tell() - spelling.size(), spelling.size()));
    return true;
  }
  /// The parser stands before the opening bracket, and before the closing one.
  bool enter(Kind kind) {
    if (depth_ == most_) {
      return problem_.say("is nested deeper than 32 levels", stream_.Tell());
    }
    open_[depth_++] = static_cast<std::uint32_t>(nodes_.size());
    add(kind, {}, json_.substr(stream_.Tell()));
    return true;
  }
  bool leave() {
    // The list's memory is the arena's, so that its elements may change.
    auto& node = const_cast<JsonNode&>(nodes_[open_[--depth_]]);
    const std::size_t begin = json_.size() - node.raw.size();
    node.next = static_cast<std::uint32_t>(nodes_.size());
    node.raw = json_.substr(begin, stream_.Tell() + 1 - begin);
    return true;
  }

  const std::string_view json_;
  const char* const copy_;
  rapidjson::InsituStringStream& stream_;  ///< only asked where it stands
  const bool has_halves_;                  ///< some text has half of a surrogate pair
  const std::size_t most_;                 ///< levels
  Arena& arena_;
  Problem& problem_;
  std::span<const JsonNode> nodes_;
  std::array<std::uint32_t, limits::kJsonDepth> open_{};  ///< nodes whose end is to come
  std::size_t depth_{0};
};

struct JsonTape::Parser {
  rapidjson::Reader reader;
};

JsonTape::JsonTape() : parser_(std::make_unique<Parser>()) {}
JsonTape::~JsonTape() = default;
JsonTape::JsonTape(JsonTape&&) noexcept = default;
JsonTape& JsonTape::operator=(JsonTape&&) noexcept = default;

bool JsonTape::read(std::string_view json, std::size_t depth, Arena& arena, Problem& problem) {
  nodes_ = {};
  if (json.size() >= std::numeric_limits<std::uint32_t>::max()) {
    return problem.say("is longer than any frame", 0);
  }
  if (const std::size_t nul = json.find('\0'); nul != json.npos) {
    return problem.say("has a NUL byte", nul);
  }
  if (const std::size_t good = base::goodUtf8Bytes(json); good != json.size()) {
    return problem.say("is not UTF-8", good);
  }
  char* const copy = arena.room<char>(json.size() + 1);
  if (!json.empty()) std::memcpy(copy, json.data(), json.size());
  copy[json.size()] = '\0';
  // The parser would refuse one half, and make bytes that are no UTF-8 of the other.
  bool has_halves = false;
  if (json::mayHaveHalfEscapes(json)) {
    json::eachHalfEscape(json, [&](std::size_t at) {
      json::replaceEscape(copy, at);
      has_halves = true;
    });
  }
  rapidjson::InsituStringStream stream(copy);
  Handler handler(json, copy, stream, has_halves, depth, arena, problem);
  if (!parser_->reader.Parse<kParseFlags>(stream, handler)) {
    // Without the reader's words: the place says it as well.
    return problem.say("is not JSON", parser_->reader.GetErrorOffset());
  }
  nodes_ = handler.nodes();
  return true;
}

}  // namespace kith::leancloud
