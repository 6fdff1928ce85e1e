// SPDX-License-Identifier: Apache-2.0
#include "rescue/file_rows.hpp"

#include <cstddef>

#include "base/text_codes.hpp"
#include "base/utf8.hpp"
#include "json/json_writer.hpp"
#include "json/raw_json.hpp"

namespace kith::rescue {
namespace {

// A name has 255 bytes at most, and some are taken by the id and `.part`.
constexpr std::size_t kNameBytes = 150;

std::string textOf(std::string_view object, std::string_view name) {
  const auto value = json::rawMember(object, name);
  return value ? json::rawText(*value).value_or("") : std::string();
}

std::optional<std::int64_t> numberOf(std::string_view object, std::string_view name) {
  const auto value = json::rawMember(object, name);
  return value ? json::rawInteger(*value) : std::nullopt;
}

}  // namespace

std::optional<FileRow> fileRowOf(std::string_view line) {
  const auto object = json::checkedJson(line, "the line");
  if (!object) return std::nullopt;
  FileRow row;
  row.id = textOf(*object, "objectId");
  if (row.id.empty()) return std::nullopt;
  row.name = textOf(*object, "name");
  row.url = textOf(*object, "url");
  if (const auto about = json::rawMember(*object, "metaData")) row.size = numberOf(*about, "size");
  return row;
}

std::string fileNameOf(const FileRow& row) {
  std::string name = base::encodePercent(row.id).substr(0, kNameBytes / 2);
  if (!row.name.empty()) name += '-';
  const std::size_t before = name.size();
  for (std::size_t at = 0; at < row.name.size();) {
    const std::size_t size = base::utf8SizeAt(row.name, at);
    if (name.size() - before + size > kNameBytes) break;
    const auto first = static_cast<unsigned char>(row.name[at]);
    if (size == 0 || first < 0x20 || first == 0x7f || first == '/' || first == '\\') {
      name += '_';
    } else {
      name.append(row.name, at, size);
    }
    at += size == 0 ? 1 : size;
  }
  return name;
}

std::string filesTarget(const std::vector<std::string>& ids) {
  const std::string among = json::JsonWriter().list("$in", ids).finish();
  const std::string where = "{\"objectId\":" + among + "}";
  return "/1.1/classes/files?limit=" + std::to_string(ids.size()) +
         "&where=" + base::encodePercent(where);
}

std::map<std::string, std::string> fileUrlsIn(std::string_view body) {
  std::map<std::string, std::string> urls;
  const auto answer = json::checkedJson(body, "the answer");
  const auto results = answer ? json::rawMember(*answer, "results") : std::nullopt;
  json::RawList objects(results.value_or(std::string_view{}));
  while (const auto object = objects.next())
    urls[textOf(*object, "objectId")] = textOf(*object, "url");
  return urls;
}

std::string formatFileLine(const FileLine& line) {
  json::JsonWriter out;
  out.text("objectId", line.id);
  if (!line.file.empty()) out.text("file", line.file).integer("bytes", line.bytes);
  if (!line.problem.empty()) out.text("problem", line.problem);
  return out.finish() + "\n";
}

std::optional<FileLine> parseFileLine(std::string_view text) {
  const auto object = json::checkedJson(text, "the line");
  if (!object) return std::nullopt;
  FileLine line;
  line.id = textOf(*object, "objectId");
  line.file = textOf(*object, "file");
  line.problem = textOf(*object, "problem");
  const auto bytes = numberOf(*object, "bytes");
  line.bytes = bytes.value_or(0);
  if (line.id.empty() || bytes.has_value() == line.file.empty() || line.bytes < 0) {
    return std::nullopt;
  }
  return line;
}

}  // namespace kith::rescue
