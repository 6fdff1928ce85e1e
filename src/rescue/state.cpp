// SPDX-License-Identifier: Apache-2.0
#include "rescue/state.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "json/json_value.hpp"
#include "json/json_writer.hpp"
#include "json/quote.hpp"
#include "rescue/iso_time.hpp"

namespace kith::rescue {
namespace {

using json::JsonValue;
using json::JsonWriter;

constexpr std::string_view kStateFormat = "kith-rescue-state";
constexpr std::string_view kManifestFormat = "kith-rescue";
constexpr std::int64_t kVersion = 1;

std::string listOf(const std::vector<std::string>& objects, std::string_view between) {
  std::string text = "[";
  for (const std::string& object : objects) {
    if (text.size() > 1) text += ',';
    text.append(between).append(object);
  }
  return text + "]";
}

/// Appends `"name":value` to an object that is put together by hand.
void addRaw(std::string& object, std::string_view name, std::string_view value) {
  object += object.size() > 1 ? "," : "";
  json::quoteJson(name, object);
  object.append(":").append(value);
}

std::string format(const Refusal& refusal) {
  return JsonWriter()
      .text("what", refusal.what)
      .integer("status", refusal.status)
      .integer("code", refusal.code)
      .text("reason", refusal.reason)
      .finish();
}

std::string format(const Part& part) {
  return JsonWriter()
      .text("name", part.name)
      .flag("done", part.done)
      .integer("bytes", part.bytes)
      .integer("rows", part.rows)
      .text("cursor", part.scan.cursor)
      .text("last_id", part.scan.last_id)
      .flag("ordered", part.scan.ordered)
      .text("earliest", part.earliest)
      .integer("timestamp", part.messages.timestamp)
      .text("msgid", part.messages.id)
      .list("edge", part.messages.edge)
      .integer("newest", part.newest)
      .integer("oldest", part.oldest)
      .integer("position", part.position)
      .integer("file_bytes", part.file_bytes)
      .integer("refused", part.refused)
      .finish();
}

std::vector<std::string> formatRefusals(const State& state) {
  std::vector<std::string> texts;
  for (const Refusal& refusal : state.refusals) texts.push_back(format(refusal));
  return texts;
}

/// Reads members by name; one that is missing or of another kind is a fault that stays.
class Reader {
 public:
  explicit Reader(const JsonValue& object) : object_(object) {}

  std::string text(std::string_view name) {
    const JsonValue* value = get(name, JsonValue::Kind::Text);
    return value != nullptr ? value->text : std::string();
  }
  std::int64_t integer(std::string_view name) {
    const JsonValue* value = get(name, JsonValue::Kind::Number);
    const auto number = value != nullptr ? value->integer() : std::nullopt;
    good_ = good_ && number && *number >= 0;
    return number.value_or(0);
  }
  bool flag(std::string_view name) {
    const JsonValue* value = get(name, JsonValue::Kind::Bool);
    return value != nullptr && value->truth;
  }
  const std::vector<JsonValue>& list(std::string_view name) {
    static const std::vector<JsonValue> kNone;
    const JsonValue* value = get(name, JsonValue::Kind::List);
    return value != nullptr ? value->items : kNone;
  }
  /// A text, or null for none.
  std::string textOrNull(std::string_view name) {
    return object_.find(name) == nullptr ? std::string() : text(name);
  }
  bool good() const { return good_; }

 private:
  const JsonValue* get(std::string_view name, JsonValue::Kind kind) {
    const JsonValue* value = object_.find(name);
    good_ = good_ && value != nullptr && value->is(kind);
    return good_ ? value : nullptr;
  }

  const JsonValue& object_;
  bool good_{true};
};

bool read(const JsonValue& object, Refusal& refusal) {
  Reader in(object);
  refusal.what = in.text("what");
  refusal.status = static_cast<int>(in.integer("status"));
  refusal.code = static_cast<int>(in.integer("code"));
  refusal.reason = in.text("reason");
  return in.good();
}

bool read(const JsonValue& object, Part& part) {
  Reader in(object);
  part.name = in.text("name");
  part.done = in.flag("done");
  part.bytes = in.integer("bytes");
  part.rows = in.integer("rows");
  part.scan.cursor = in.text("cursor");
  part.scan.last_id = in.text("last_id");
  part.scan.ordered = in.flag("ordered");
  part.earliest = in.text("earliest");
  part.messages.timestamp = in.integer("timestamp");
  part.messages.id = in.text("msgid");
  for (const JsonValue& id : in.list("edge")) part.messages.edge.push_back(id.text);
  part.newest = in.integer("newest");
  part.oldest = in.integer("oldest");
  part.position = in.integer("position");
  part.file_bytes = in.integer("file_bytes");
  part.refused = in.integer("refused");
  return in.good();
}

template <typename Value>
bool readAll(const std::vector<JsonValue>& list, std::vector<Value>& values) {
  return std::all_of(list.begin(), list.end(), [&values](const JsonValue& item) {
    return read(item, values.emplace_back());
  });
}

Error broken(std::string_view what) {
  return {Errc::ProtocolError, 0,
          std::string(what) + " was not written by this version of kith rescue", false};
}

std::string quotedJson(std::string_view text) {
  std::string out;
  json::quoteJson(text, out);
  return out;
}

/// A bound in milliseconds as a time, null for none.
std::string boundOf(std::int64_t milliseconds) {
  return milliseconds == 0 ? "null" : quotedJson(formatTime(milliseconds));
}

/// What the manifest says of a part; which members it has depends on what it is.
std::string summaryOf(const State& state, const Part& part) {
  JsonWriter out;
  out.integer("rows", part.rows).integer("bytes", part.bytes).integer("refused", part.refused);
  if (part.name == "files") out.integer("file_bytes", part.file_bytes);
  std::string text = out.finish();
  if (part.name != "messages") return text;
  text.pop_back();
  addRaw(text, "by", quotedJson(state.by));
  addRaw(text, "from", boundOf(state.range.from));
  addRaw(text, "until", boundOf(state.range.until));
  addRaw(text, "newest", boundOf(part.newest));
  addRaw(text, "oldest", boundOf(part.oldest));
  return text + "}";
}

Result<std::int64_t> readBound(Reader& in, std::string_view name) {
  const std::string text = in.textOrNull(name);
  if (text.empty()) return std::int64_t{0};
  return parseTime(text, name);
}

/// The other way round of summaryOf().
bool readSummary(const JsonValue& object, State& state, Part& part) {
  Reader in(object);
  part.rows = in.integer("rows");
  part.bytes = in.integer("bytes");
  part.refused = in.integer("refused");
  part.done = true;
  if (part.name == "files") part.file_bytes = in.integer("file_bytes");
  if (part.name == "messages") {
    state.by = in.text("by");
    const auto from = readBound(in, "from");
    const auto until = readBound(in, "until");
    const auto newest = readBound(in, "newest");
    const auto oldest = readBound(in, "oldest");
    if (!from || !until || !newest || !oldest) return false;
    state.range = {*from, *until};
    part.newest = *newest;
    part.oldest = *oldest;
  }
  return in.good();
}

}  // namespace

Part& State::part(std::string_view name) {
  const auto at =
      std::find_if(parts.begin(), parts.end(), [&](const Part& it) { return it.name == name; });
  if (at != parts.end()) return *at;
  parts.emplace_back().name = std::string(name);
  return parts.back();
}

const Part* State::find(std::string_view name) const {
  const auto at =
      std::find_if(parts.begin(), parts.end(), [&](const Part& it) { return it.name == name; });
  return at != parts.end() ? &*at : nullptr;
}

void State::forgetRefusals(Part& part) {
  const auto of_part = [&part](const Refusal& it) { return it.what == part.name; };
  const auto kept = std::remove_if(refusals.begin(), refusals.end(), of_part);
  part.refused -= std::distance(kept, refusals.end());
  refusals.erase(kept, refusals.end());
}

void State::refuse(Part& part, Refusal refusal) {
  ++part.refused;
  if (refusals.size() < kMostRefusals) refusals.push_back(std::move(refusal));
}

std::string formatState(const State& state) {
  std::string text = JsonWriter()
                         .text("format", kStateFormat)
                         .integer("version", kVersion)
                         .text("app", state.app)
                         .text("server", state.server)
                         .text("started", state.started)
                         .text("finished", state.finished)
                         .text("by", state.by)
                         .integer("from", state.range.from)
                         .integer("until", state.range.until)
                         .finish();
  text.pop_back();
  std::vector<std::string> parts;
  for (const Part& part : state.parts) parts.push_back(format(part));
  addRaw(text, "parts", listOf(parts, ""));
  addRaw(text, "refusals", listOf(formatRefusals(state), ""));
  return text + "}\n";
}

Result<State> parseState(std::string_view text) {
  const auto json = json::parseJson(text, "state.json");
  if (!json) return json.error();
  Reader in(*json);
  State state;
  const bool ours = in.text("format") == kStateFormat && in.integer("version") == kVersion;
  state.app = in.text("app");
  state.server = in.text("server");
  state.started = in.text("started");
  state.finished = in.text("finished");
  state.by = in.text("by");
  state.range.from = in.integer("from");
  state.range.until = in.integer("until");
  if (!ours || !readAll(in.list("parts"), state.parts) ||
      !readAll(in.list("refusals"), state.refusals) || !in.good()) {
    return broken("state.json");
  }
  return state;
}

std::string formatManifest(const State& state) {
  std::vector<std::string> lines;
  const auto add = [&lines](std::string_view name, const std::string& value) {
    lines.push_back(quotedJson(name) + ": " + value);
  };
  add("format", quotedJson(kManifestFormat));
  add("version", std::to_string(kVersion));
  add("app", quotedJson(state.app));
  add("server", quotedJson(state.server));
  add("started", quotedJson(state.started));
  add("finished", state.finished.empty() ? "null" : quotedJson(state.finished));
  std::string classes = "{";
  constexpr std::string_view kClasses = "classes/";
  for (const Part& part : state.parts) {
    if (part.name.compare(0, kClasses.size(), kClasses) == 0) {
      addRaw(classes, part.name.substr(kClasses.size()), "\n    " + summaryOf(state, part));
    }
  }
  add("classes", classes + "}");
  for (const Part& part : state.parts) {
    if (part.name.find('/') == std::string::npos) add(part.name, summaryOf(state, part));
  }
  add("refusals", listOf(formatRefusals(state), "\n    "));
  std::string text = "{\n";
  for (const std::string& line : lines) {
    text += "  " + line + (&line == &lines.back() ? "\n" : ",\n");
  }
  return text + "}\n";
}

Result<State> parseManifest(std::string_view text) {
  const auto json = json::parseJson(text, "export.json");
  if (!json) return json.error();
  Reader in(*json);
  State state;
  if (in.text("format") != kManifestFormat || in.integer("version") != kVersion) {
    return broken("export.json");
  }
  state.app = in.text("app");
  state.server = in.text("server");
  state.started = in.text("started");
  state.finished = in.textOrNull("finished");
  const JsonValue* classes = json->find("classes");
  bool good = classes != nullptr && classes->is(JsonValue::Kind::Object);
  if (good) {
    for (const auto& [name, value] : classes->members) {
      good = good && readSummary(value, state, state.part("classes/" + name));
    }
  }
  for (const char* name : {"messages", "lists", "files", "job"}) {
    if (const JsonValue* value = json->find(name)) {
      good = good && readSummary(*value, state, state.part(name));
    }
  }
  if (!good || !readAll(in.list("refusals"), state.refusals) || !in.good()) {
    return broken("export.json");
  }
  return state;
}

}  // namespace kith::rescue
