// SPDX-License-Identifier: Apache-2.0
#include "tools/rescue_import.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "rescue/row_splitter.hpp"
#include "rescue/tar_reader.hpp"
#include "tools/backward_lines.hpp"
#include "tools/gzip_file.hpp"

namespace kith::tools {
namespace {

constexpr const char* kMessagesFile = "messages.jsonl";
constexpr const char* kListsFile = "lists.jsonl";
/// Of a request: kithd takes a megabyte, and carries each out as a whole.
constexpr std::size_t kBodyBytes = 400u * 1024;
constexpr std::size_t kBodyRows = 2000;

/// Conversations come before all else, as messages need them, and files last.
constexpr int kOrders = 3;
int orderOf(std::string_view class_name) {
  if (class_name == "_Conversation" || class_name == "AVOSRealtimeGroups") return 0;
  return class_name == "_File" ? 2 : 1;
}

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

bool isOfClass(std::string_view name) {
  return endsWith(name, ".jsonl") || endsWith(name, ".json");
}
bool isArchive(std::string_view name) {
  return endsWith(name, ".tar.gz") || endsWith(name, ".tgz");
}
std::string classOf(const std::string& name) { return name.substr(0, name.find('.')); }

}  // namespace

/// Files of an archive as they come.
class RescueImport::Archived final : public rescue::TarSink {
 public:
  Archived(RescueImport& import, std::string file, int order)
      : import_(import), file_(std::move(file)), order_(order) {}

  void begin(const std::string& path) override {
    const std::string name = path.substr(path.rfind('/') + 1);
    if (!done || !isOfClass(name) || orderOf(classOf(name)) != order_) return;
    import_.file_ = file_ + "/" + path;
    import_.class_name_ = classOf(name);
    splitter_.emplace([this](std::int64_t line, std::string_view row) {
      if (done) done = import_.add(line, row);
    });
  }
  void bytes(std::string_view bytes) override {
    if (splitter_) splitter_->feed(bytes);
  }
  void end() override {
    if (!splitter_) return;
    if (!splitter_->close()) import_.findings_.fault(import_.file_ + ": ends inside of a list");
    splitter_.reset();
    if (done) done = import_.send();
  }

  Result<void> done;

 private:
  RescueImport& import_;
  const std::string file_;
  const int order_;
  std::optional<rescue::RowSplitter> splitter_;  // none: the file is not looked at
};

rescue::ImportCounts RescueImport::all() const {
  rescue::ImportCounts all;
  for (const Part& part : parts_) all.add(part.counts);
  return all;
}

/// Files of classes: of an export in `classes`, of the vendor's console wherever they lie in the
/// folder. The name of the file begins with the class.
Result<std::vector<RescueImport::Source>> RescueImport::sources() const {
  std::vector<Source> found;
  for (const std::string& in : {std::string("."), std::string("classes")}) {
    if (in != "." && !folder_.sizeOf(in)) continue;
    const auto names = folder_.namesIn(in);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      const bool ours =
          in == "." && (name == kMessagesFile || name == kListsFile || name == "files.jsonl" ||
                        name == "export.json" || name == "state.json");
      const std::string file = in == "." ? name : in + "/" + name;
      if (!ours && isOfClass(name)) found.push_back({file, classOf(name)});
      if (isArchive(name)) found.push_back({file, {}});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Source& a, const Source& b) { return a.file < b.file; });
  return found;
}

Result<void> RescueImport::run() {
  const auto found = sources();
  if (!found) return found.error();
  if (found->empty() && !folder_.sizeOf(kMessagesFile)) {
    return folder_.failed(".", "holds neither classes nor messages; is this folder an export?");
  }
  for (int order = 0; order < kOrders; ++order) {
    for (const Source& source : *found) {
      Result<void> done;
      if (source.class_name.empty()) {
        done = importArchive(source.file, order);
      } else if (orderOf(source.class_name) == order) {
        done = importClass(source);
      }
      if (!done) return done;
    }
    if (order > 0) continue;
    auto done = importMessages();
    if (done && folder_.sizeOf(kListsFile))
      done = importClass({kListsFile, std::string(rescue::kLists)});
    if (!done) return done;
  }
  return {};
}

Result<void> RescueImport::importArchive(const std::string& file, int order) {
  auto opened = folder_.openToRead(file);
  if (!opened) return opened.error();
  GzipFile gzip(*opened);
  Archived files(*this, file, order);
  rescue::TarReader reader(files);
  progress_.begin({file, -1, 0, "", -1});
  std::int64_t unpacked = 0;
  while (files.done) {
    const auto piece = gzip.next();
    if (!piece) return folder_.failed(file, piece.error().detail);
    if (piece->empty()) break;
    unpacked += static_cast<std::int64_t>(piece->size());
    const auto fed = reader.feed(*piece);
    if (!fed) return folder_.failed(file, fed.error().detail);
    progress_.show({file, -1, unpacked, "", -1});
  }
  if (files.done && !reader.whole()) return folder_.failed(file, "ends in the middle");
  return files.done;
}

Result<void> RescueImport::importClass(const Source& source) {
  file_ = source.file;
  class_name_ = source.class_name;
  Result<void> done;
  std::int64_t rows = 0;
  rescue::RowSplitter splitter([&](std::int64_t line, std::string_view row) {
    ++rows;
    if (done) done = add(line, row);
  });
  const auto size = static_cast<double>(folder_.sizeOf(file_).value_or(0));
  progress_.begin({file_, 0, 0, "", 0});
  std::int64_t at = 0;
  const auto read = folder_.readPieces(file_, [&](std::string_view piece) {
    splitter.feed(piece);
    at += static_cast<std::int64_t>(piece.size());
    progress_.show({file_, rows, at, "", static_cast<double>(at) / size});
    return done.ok();
  });
  if (!read) return read;
  if (done && !splitter.close()) findings_.fault(file_ + ": ends inside of a list");
  return done ? send() : done;
}

Result<std::int64_t> RescueImport::countLines(const std::string& file) {
  std::int64_t lines = 0;
  char last = '\n';
  const auto read = folder_.readPieces(file, [&](std::string_view piece) {
    lines += std::count(piece.begin(), piece.end(), '\n');
    last = piece.back();
    return true;
  });
  if (!read) return read.error();
  return last == '\n' ? lines : lines + 1;
}

// The file has the newest first, and a log grows from the oldest on.
Result<void> RescueImport::importMessages() {
  const auto size = folder_.sizeOf(kMessagesFile);
  if (!size) return {};
  const auto count = countLines(kMessagesFile);
  if (!count) return count.error();
  auto opened = folder_.openToRead(kMessagesFile);
  if (!opened) return opened.error();
  file_ = kMessagesFile;
  class_name_ = rescue::kMessages;
  progress_.begin({file_, 0, 0, "", 0});
  BackwardLines lines(std::move(*opened), *size);
  std::int64_t line = *count;
  while (const auto row = lines.next()) {
    if (row->find_first_not_of(" \t\r") != std::string_view::npos) {
      auto added = add(line, *row);
      if (!added) return added;
    }
    --line;
    if (line % 1000 == 0) {
      const std::int64_t done = *size - lines.left();
      progress_.show(
          {file_, *count - line, done, "", static_cast<double>(done) / static_cast<double>(*size)});
    }
  }
  if (lines.error() != 0) return folder_.failed(file_, std::strerror(lines.error()));
  return send();
}

RescueImport::Part& RescueImport::part() {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [&](const Part& each) { return each.name == class_name_; });
  return found != parts_.end() ? *found : parts_.emplace_back(Part{class_name_, {}});
}

Result<void> RescueImport::add(std::int64_t line, std::string_view row) {
  if (row.size() >= rescue::RowSplitter::kRowBytes) {
    findings_.fault(file_ + ": line " + std::to_string(line) + ": is longer than a megabyte");
    ++part().counts.refused;
    return {};
  }
  if (!lines_.empty() && (lines_.size() == kBodyRows || body_.size() + row.size() > kBodyBytes)) {
    auto sent = send();
    if (!sent) return sent;
  }
  body_.append(row).push_back('\n');
  lines_.push_back(line);
  return {};
}

Result<void> RescueImport::send() {
  Part& part = this->part();
  if (lines_.empty()) return {};
  const auto reply = kithd_.post(rescue::importTarget(class_name_, look_), body_);
  if (!reply) return reply.error();
  if (reply->answer.verdict != rescue::Verdict::Good) {
    return Error{Errc::Rejected, 0,
                 file_ + ": kithd refuses it: " + std::to_string(reply->answer.status) + " " +
                     reply->answer.reason,
                 false};
  }
  const auto answer = rescue::importAnswerIn(reply->body);
  if (!answer) return answer.error();
  if (answer->counts.all() != static_cast<std::int64_t>(lines_.size())) {
    return Error{Errc::ProtocolError, 0,
                 file_ + ": kithd was given " + std::to_string(lines_.size()) +
                     " rows and tells of " + std::to_string(answer->counts.all()),
                 false};
  }
  part.counts.add(answer->counts);
  for (const auto& [line, why] : answer->faults) {
    if (line < 1 || line > static_cast<std::int64_t>(lines_.size())) continue;
    const std::int64_t at = lines_[static_cast<std::size_t>(line) - 1];
    findings_.fault(file_ + ": line " + std::to_string(at) + ": " + why);
  }
  body_.clear();
  lines_.clear();
  return {};
}

}  // namespace kith::tools
