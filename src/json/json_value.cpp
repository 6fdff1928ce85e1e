// SPDX-License-Identifier: Apache-2.0
#include "json/json_value.hpp"

#include <kith/limits.hpp>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/utf8.hpp"
#include "json/quote.hpp"

namespace kith::json {
namespace {

using Kind = JsonValue::Kind;

// Without kParseValidateEncodingFlag: it reads beyond the end of a text that stops inside of a
// character. parseJson() checks the whole text beforehand.
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;

// Looking for repeats is quadratic: this keeps a hostile answer from costing seconds.
constexpr std::size_t kMembers = 1024;

/// Builds the tree while the parser runs. Iterative, so that depth costs no stack.
class Builder {
 public:
  Builder(JsonValue& root, std::string_view text, const rapidjson::StringStream& stream)
      : root_(root), text_(text), stream_(stream) {}

  bool Null() { return place(Kind::Null) != nullptr; }
  bool Bool(bool value) {
    JsonValue* at = place(Kind::Bool);
    at->truth = value;
    return true;
  }
  bool RawNumber(const char* digits, rapidjson::SizeType size, bool /*copy*/) {
    place(Kind::Number)->text.assign(digits, size);
    return true;
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    if (!base::isUtf8({text, size})) return refuse("half of a surrogate pair");
    place(Kind::Text)->text.assign(text, size);
    return true;
  }
  bool Key(const char* name, rapidjson::SizeType size, bool /*copy*/) {
    name_.assign(name, size);
    const auto& members = open_.back()->members;
    if (members.size() >= kMembers) return refuse("an object with more than 1024 members");
    for (const auto& member : members) {
      if (member.name == name_) return refuse("a member that comes twice");
    }
    return true;
  }
  bool StartObject() { return enter(Kind::Object); }
  bool EndObject(rapidjson::SizeType /*members*/) { return leave(); }
  bool StartArray() { return enter(Kind::List); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return leave(); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  const char* problem() const { return problem_; }

 private:
  bool refuse(const char* problem) {
    problem_ = problem;
    return false;
  }
  /// A new value of this kind where the parser stands. The pointers in open_ stay good, because
  /// only the innermost open value grows.
  JsonValue* place(Kind kind) {
    JsonValue* at = &root_;
    if (!open_.empty()) {
      JsonValue& parent = *open_.back();
      if (parent.is(Kind::List)) {
        at = &parent.items.emplace_back();
      } else {
        parent.members.push_back({name_, {}});
        at = &parent.members.back().value;
      }
    }
    at->kind = kind;
    // Where the parser stands is the end of the value, or the bracket that opens it.
    const std::string_view passed = text_.substr(counted_, stream_.Tell() - counted_);
    line_ += static_cast<std::uint32_t>(std::count(passed.begin(), passed.end(), '\n'));
    counted_ += passed.size();
    at->line = line_;
    return at;
  }
  bool enter(Kind kind) {
    if (open_.size() >= limits::kJsonDepth) return refuse("more than 32 levels");
    open_.push_back(place(kind));
    return true;
  }
  bool leave() {
    open_.pop_back();
    return true;
  }

  JsonValue& root_;
  const std::string_view text_;
  const rapidjson::StringStream& stream_;
  std::size_t counted_{0};
  std::uint32_t line_{1};
  std::vector<JsonValue*> open_;
  std::string name_;
  const char* problem_{nullptr};
};

Error bad(std::string_view what, std::string_view why, std::string_view text, std::size_t at) {
  std::string detail(what);
  detail.append(why).append(" (");
  if (text.find('\n') != text.npos) {
    const std::string_view passed = text.substr(0, at);
    const auto line = 1 + std::count(passed.begin(), passed.end(), '\n');
    detail.append("line ").append(std::to_string(line)).append(", ");
  }
  detail.append("byte ").append(std::to_string(at)).append(")");
  return {Errc::ProtocolError, 0, std::move(detail), false};
}

// Recursive: parseJson() holds the depth to limits::kJsonDepth.
void append(const JsonValue& value, std::string& out) {
  const char* between = "";
  switch (value.kind) {
    case Kind::Null: out += "null"; return;
    case Kind::Bool: out += value.truth ? "true" : "false"; return;
    case Kind::Number: out += value.text; return;
    case Kind::Text: return quoteJson(value.text, out);
    case Kind::List:
      out += '[';
      for (const JsonValue& item : value.items) {
        append(item, out += std::exchange(between, ","));
      }
      out += ']';
      return;
    case Kind::Object:
      out += '{';
      for (const auto& [name, member] : value.members) {
        quoteJson(name, out += std::exchange(between, ","));
        append(member, out += ':');
      }
      out += '}';
      return;
  }
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) return value.is(Kind::Null) ? nullptr : &value;
  }
  return nullptr;
}

std::string JsonValue::textOf(std::string_view name) const {
  const JsonValue* const found = find(name);
  return found != nullptr && found->is(Kind::Text) ? found->text : std::string();
}

std::optional<std::int64_t> JsonValue::integer(bool text_too) const {
  if (!is(Kind::Number) && !(text_too && is(Kind::Text))) return std::nullopt;
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

bool JsonValue::truthy() const {
  switch (kind) {
    case Kind::Null: return false;
    case Kind::Bool: return truth;
    case Kind::Number:
      return text.substr(0, text.find_first_of("eE")).find_first_of("123456789") !=
             std::string::npos;
    case Kind::Text: return !text.empty();
    case Kind::List:
    case Kind::Object: return true;
  }
  return false;
}

bool operator==(const JsonValue& a, const JsonValue& b) {
  if (a.kind != b.kind || a.truth != b.truth || a.text != b.text || a.items != b.items ||
      a.members.size() != b.members.size()) {
    return false;
  }
  return std::all_of(a.members.begin(), a.members.end(), [&](const JsonMember& member) {
    return std::any_of(b.members.begin(), b.members.end(), [&](const JsonMember& other) {
      return member.name == other.name && member.value == other.value;
    });
  });
}

Result<JsonValue> parseJson(std::string_view text, std::string_view what) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return bad(what, " has a NUL byte", text, nul);
  }
  if (const std::size_t good = base::goodUtf8Bytes(text); good != text.size()) {
    return bad(what, " is not UTF-8", text, good);
  }
  const std::string terminated(text);
  JsonValue root;
  rapidjson::Reader reader;
  rapidjson::StringStream stream(terminated.c_str());
  Builder builder(root, terminated, stream);
  if (!reader.Parse<kParseFlags>(stream, builder)) {
    std::string why;
    if (builder.problem() != nullptr) {
      why.append(" has ").append(builder.problem());
    } else {
      why = " is not JSON: ";
      why += rapidjson::GetParseError_En(reader.GetParseErrorCode());
    }
    return bad(what, why, text, reader.GetErrorOffset());
  }
  return root;
}

std::string formatJson(const JsonValue& value) {
  std::string out;
  append(value, out);
  return out;
}

}  // namespace kith::json
