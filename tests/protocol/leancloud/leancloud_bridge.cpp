// SPDX-License-Identifier: Apache-2.0
// The codec as a program, for tests in other languages. A command is a line: its protobuf in hex, a
// blank, and its JSON.
//   leancloud_bridge make SEED ROUNDS   random commands, ROUNDS of each body
//   leancloud_bridge protobuf           reads lines of hex, writes the commands they are
//   leancloud_bridge json               reads lines of JSON, writes the commands they are
// What is refused is written as `refused` and the reason.
#include <iostream>
#include <span>
#include <string>
#include <string_view>

#include "base/text_codes.hpp"
#include "protocol/leancloud/codec.hpp"
#include "protocol/leancloud/commands.hpp"

namespace {

using namespace kith::leancloud;

void print(const Command& command) {
  const std::string bytes = kith::leancloud::testing::encodedAs(Encoding::Protobuf, command);
  std::cout << kith::base::hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()})
            << ' ' << kith::leancloud::testing::encodedAs(Encoding::Json, command) << '\n';
}

void make(std::uint64_t seed, std::uint64_t rounds) {
  kith::leancloud::testing::CommandMaker maker(seed);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    eachBody([&]<typename B>() { print(maker.make<B>(round == 0 ? 100 : 60)); });
  }
}

void read(Encoding encoding) {
  Decoder decoder;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (encoding == Encoding::Protobuf) line = kith::leancloud::testing::bytesOf(line);
    const auto command = decoder.decode(encoding, line);
    if (command) {
      print(*command);
    } else {
      std::cout << "refused " << command.error().detail << '\n';
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "make" && argc == 4) {
    make(std::stoull(argv[2]), std::stoull(argv[3]));
  } else if (what == "protobuf" || what == "json") {
    read(what == "json" ? Encoding::Json : Encoding::Protobuf);
  } else {
    std::cerr << "usage: leancloud_bridge make SEED ROUNDS | protobuf | json\n";
    return 2;
  }
  return 0;
}
