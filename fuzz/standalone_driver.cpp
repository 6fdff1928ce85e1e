// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over its corpus without libFuzzer: each file, and each beginning of it, since
// a connection may be cut at any byte. `--beginnings N` samples N beginnings of a longer file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void runFile(const std::filesystem::path& path, std::size_t beginnings) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t step = std::max<std::size_t>(1, text.size() / beginnings);
  for (std::size_t size = text.size();; size -= step) {
    // A copy of exactly this size, so that reading one byte too far is seen.
    const std::vector<std::uint8_t> beginning(text.begin(),
                                              text.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(beginning.data(), beginning.size());
    if (size < step || size == 0) break;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  std::size_t beginnings = 2048;
  for (int i = 1; i < argc; ++i) {
    if (argv[i] == std::string_view("--beginnings") && i + 1 < argc) {
      beginnings = std::max<std::size_t>(1, std::stoul(argv[++i]));
      continue;
    }
    const std::filesystem::path path(argv[i]);
    if (!std::filesystem::exists(path)) {
      std::cerr << "fuzz: no such corpus: " << path << '\n';
      return 2;
    }
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (!entry.is_regular_file()) continue;
        runFile(entry.path(), beginnings);
        ++files;
      }
    } else {
      runFile(path, beginnings);
      ++files;
    }
  }
  std::cout << "fuzz: " << files << " files, no crash\n";
  return files == 0 ? 2 : 0;
}
