// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over its corpus without libFuzzer: each file, and each beginning of it, since
// a connection may be cut at any byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Beginnings of longer files are sampled, to keep the run short.
constexpr std::size_t kBeginnings = 2048;

void runFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t step = std::max<std::size_t>(1, text.size() / kBeginnings);
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
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path(argv[i]);
    if (!std::filesystem::exists(path)) {
      std::cerr << "fuzz: no such corpus: " << path << '\n';
      return 2;
    }
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (!entry.is_regular_file()) continue;
        runFile(entry.path());
        ++files;
      }
    } else {
      runFile(path);
      ++files;
    }
  }
  std::cout << "fuzz: " << files << " files, no crash\n";
  return files == 0 ? 2 : 0;
}
