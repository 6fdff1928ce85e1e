// SPDX-License-Identifier: Apache-2.0
#include "tools/rescue_files.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace kith::tools {
namespace {

using rescue::Part;
using rescue::Verdict;
using std::chrono::milliseconds;

constexpr const char* kObjects = "classes/_File.jsonl";
constexpr const char* kArchive = "classes.tar.gz";
constexpr milliseconds kLongestPoll{60'000};
// Few enough for a request's address, and for urls that are good for a time only.
constexpr std::size_t kUrlsAtATime = 50;

rescue::Refusal refusalOf(const std::string& what, const rescue::Answer& answer) {
  return {what, answer.status, answer.code, answer.reason};
}

/// Downloads into `name` of the folder, which is there only when all of it is. The bytes, or why
/// there are none.
struct Download {
  rescue::Answer answer;
  std::int64_t bytes{0};
};

Result<Download> downloadTo(const ExportRun& run, const std::string& url, bool private_too,
                            const std::string& name) {
  const std::string draft = name + ".part";
  auto file = GrowingFile::open(run.folder, draft, 0);
  if (!file) return file.error();
  const auto answer = run.api.download(url, private_too, *file, [&] {
    run.progress.show({name, -1, file->size(), "", -1});
  });
  if (!answer || answer->verdict != Verdict::Good) {
    const auto removed = run.folder.remove(draft);
    if (!answer) return answer.error();
    if (!removed) return removed.error();
    return Download{*answer, 0};
  }
  auto done = file->sync();
  if (done) done = run.folder.rename(draft, name);
  if (!done) return done.error();
  return Download{*answer, file->size()};
}

}  // namespace

Result<std::string> FileExport::urlOf(const rescue::FileRow& row) {
  if (!row.url.empty()) return row.url;
  if (urls_.count(row.id) == 0) {
    const auto asked = lookUpUrls(position_);
    if (!asked) return asked.error();
  }
  return urls_[row.id];
}

Result<void> FileExport::lookUpUrls(std::int64_t position) {
  auto opened = run_.folder.openToRead(kObjects);
  if (!opened) return opened.error();
  LineFile lines(std::move(*opened), position);
  std::vector<std::string> ids;
  while (ids.size() < kUrlsAtATime) {
    const auto line = lines.next();
    if (!line) break;
    const auto row = rescue::fileRowOf(*line);
    if (row && row->url.empty()) ids.push_back(row->id);
  }
  const auto reply = run_.api.get(rescue::filesTarget(ids));
  if (!reply) return reply.error();
  urls_ = rescue::fileUrlsIn(reply->body);
  return {};
}

Result<rescue::FileLine> FileExport::fetch(const rescue::FileRow& row) {
  rescue::FileLine line;
  line.id = row.id;
  const auto url = urlOf(row);
  if (!url) return url.error();
  if (url->empty()) {
    line.problem = "the vendor names no url";
    return line;
  }
  const std::string name = "files/" + rescue::fileNameOf(row);
  const auto download = downloadTo(run_, *url, private_too_, name);
  if (!download) return download.error();
  if (download->answer.verdict != Verdict::Good) {
    line.problem = download->answer.reason;
    return line;
  }
  line.file = name;
  line.bytes = download->bytes;
  if (row.size && *row.size != line.bytes) {
    line.problem = "has " + std::to_string(line.bytes) + " bytes, its object says " +
                   std::to_string(*row.size);
  }
  return line;
}

Result<void> FileExport::note(Part& part, GrowingFile& list, const rescue::FileLine& line) {
  auto written = list.append(rescue::formatFileLine(line));
  if (!written) return written;
  if (!line.problem.empty()) run_.state.refuse(part, {"files/" + line.id, 0, 0, line.problem});
  if (!line.file.empty()) part.file_bytes += line.bytes;
  ++part.rows;
  part.bytes = list.size();
  return {};
}

Result<void> FileExport::run() {
  const Part* objects = run_.state.find("classes/_File");
  // When the class was refused, that is noted already.
  if (objects == nullptr || !objects->done || objects->bytes == 0) return {};
  const auto all = static_cast<double>(objects->bytes);
  Part& part = run_.state.part("files");
  if (part.done) return {};
  auto made = run_.folder.makeFolder("files");
  if (!made) return made;
  auto list = GrowingFile::open(run_.folder, "files.jsonl", part.bytes);
  if (!list) return list.error();
  auto opened = run_.folder.openToRead(kObjects);
  if (!opened) return opened.error();
  LineFile lines(std::move(*opened), part.position);
  const auto step = [&] {
    const double fraction = static_cast<double>(part.position) / all;
    return Step{"files", part.rows, part.file_bytes, "", fraction};
  };
  run_.progress.begin(step());
  while (const auto line = lines.next()) {
    position_ = part.position;
    if (const auto row = rescue::fileRowOf(*line)) {
      const auto fetched = fetch(*row);
      if (!fetched) return fetched.error();
      auto noted = note(part, *list, *fetched);
      if (!noted) return noted;
    }
    part.position = lines.position();
    auto saved = run_.save();
    if (!saved) return saved;
    run_.progress.show(step());
  }
  if (lines.error() != 0) return run_.folder.failed(kObjects, "cannot be read");
  part.done = true;
  return run_.save();
}

Result<void> JobExport::refuse(Part& part, const rescue::Answer& answer) {
  run_.state.refuse(part, refusalOf(part.name, answer));
  // Another run asks for another job.
  part.scan.cursor.clear();
  return run_.save();
}

Result<rescue::Job> JobExport::ask(Part& part) {
  const std::string& id = part.scan.cursor;
  const auto reply = id.empty()
                         ? run_.api.post(std::string(rescue::kJobTarget), rescue::jobBody(classes_))
                         : run_.api.get(rescue::jobTarget(id));
  if (!reply) return reply.error();
  rescue::Answer answer = reply->answer;
  if (answer.verdict == Verdict::Good) {
    auto job = rescue::jobIn(reply->body);
    if (job) return job;
    answer.reason = job.error().detail;
  }
  auto noted = refuse(part, answer);
  if (!noted) return noted.error();
  return rescue::Job{};
}

Result<rescue::Job> JobExport::wait(Part& part) {
  milliseconds pause = poll_;
  for (;;) {
    auto job = ask(part);
    if (!job || job->id.empty()) return job;
    if (part.scan.cursor != job->id) {
      part.scan.cursor = job->id;
      auto saved = run_.save();
      if (!saved) return saved.error();
    }
    if (job->status == "done" && !job->url.empty()) return job;
    if (job->status != "running") {
      rescue::Answer answer;
      answer.reason = "the job is " + job->status;
      auto noted = refuse(part, answer);
      if (!noted) return noted.error();
      return rescue::Job{};
    }
    run_.progress.pause("the vendor's export job is running", pause);
    auto rested = run_.api.rest(pause);
    if (!rested) return rested.error();
    pause = std::min(pause * 2, kLongestPoll);
  }
}

Result<void> JobExport::run() {
  Part& part = run_.state.part("job");
  if (part.done) return {};
  run_.state.forgetRefusals(part);
  const auto job = wait(part);
  if (!job) return job.error();
  if (job->url.empty()) return {};
  const auto download = downloadTo(run_, job->url, private_too_, kArchive);
  if (!download) return download.error();
  if (download->answer.verdict != Verdict::Good) return refuse(part, download->answer);
  part.bytes = download->bytes;
  part.done = true;
  return run_.save();
}

}  // namespace kith::tools
