// SPDX-License-Identifier: Apache-2.0
// Files in archives, cut anywhere, and what is no archive.
#include "rescue/tar_reader.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace kith;
using namespace kith::rescue;

namespace {

struct Files final : TarSink {
  void begin(const std::string& name) override { all.push_back(name + ": "); }
  void bytes(std::string_view bytes) override { all.back().append(bytes); }
  void end() override { all.back() += '.'; }
  std::vector<std::string> all;
};

void set(std::string& block, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

/// As tar writes it.
std::string entry(const std::string& name, const std::string& body, char kind = '0',
                  const std::string& prefix = {}) {
  std::string block(TarReader::kBlock, '\0');
  char number[16];
  set(block, 0, name);
  std::snprintf(number, sizeof number, "%011zo", body.size());
  set(block, 124, number);
  block[156] = kind;
  set(block, 257,
      std::string("ustar\0"
                  "00",
                  8));
  set(block, 345, prefix);
  set(block, 148, "        ");
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  std::snprintf(number, sizeof number, "%06o", sum);
  set(block, 148, number);
  block[154] = '\0';
  std::string padded = body;
  padded.resize((body.size() + TarReader::kBlock - 1) / TarReader::kBlock * TarReader::kBlock);
  return block + padded;
}

const std::string kEnd(2 * TarReader::kBlock, '\0');

struct Read {
  std::vector<std::string> files;
  bool good{true};
  bool whole{false};
};

Read read(std::string_view archive, std::size_t piece) {
  Files files;
  TarReader reader(files);
  Read result;
  for (std::size_t at = 0; at < archive.size() && result.good; at += piece) {
    result.good = reader.feed(archive.substr(at, piece)).ok();
  }
  return {files.all, result.good, reader.whole()};
}

}  // namespace

TEST_CASE("tar_reader: each file comes with its name and bytes, however the archive is cut") {
  const std::string archive = entry("export", "", '5') + entry("a.jsonl", "one", '0', "export") +
                              entry("./PaxHeaders/b", "30 mtime=1.1\n", 'x') +
                              entry("b.jsonl", std::string(1025, 'x')) + entry("empty", "") +
                              entry("link", "", '2') + entry("old", "z", '\0') + kEnd + "rubbish";
  const std::vector<std::string> wanted{
      "export/a.jsonl: one.", "b.jsonl: " + std::string(1025, 'x') + ".", "empty: .", "old: z."};
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{511}, std::size_t{512}, archive.size()}) {
    const Read found = read(archive, piece);
    CHECK(found.files == wanted);
    CHECK(found.good);
    CHECK(found.whole);
  }
}

TEST_CASE("tar_reader: an archive that is cut is not whole, and what is none is refused") {
  const std::string archive = entry("a", "one") + entry("b", "two") + kEnd;
  CHECK_FALSE(read(archive.substr(0, 515), 100).whole);
  CHECK_FALSE(read(archive.substr(0, 1100), 100).whole);
  CHECK(read(archive.substr(0, 1024), 100).whole);
  CHECK_FALSE(read("", 1).whole);
  CHECK_FALSE(read(std::string(600, 'x'), 100).good);
  std::string damaged = archive;
  damaged[3] = 'x';
  CHECK_FALSE(read(damaged, 100).good);
  damaged = archive;
  set(damaged, 124, "99999999999");
  CHECK_FALSE(read(damaged, 100).good);
}
