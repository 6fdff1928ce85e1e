// SPDX-License-Identifier: Apache-2.0
// Commands made from the schema's tables: every field of every message, by a seed; and whether two
// are the same.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/leancloud/codec.hpp"
#include "protocol/leancloud/schema.hpp"

namespace kith::leancloud::testing {

/// Makes commands whose views are good until it makes the next one. The same seed makes the same.
class CommandMaker {
 public:
  explicit CommandMaker(std::uint64_t seed);
  ~CommandMaker();

  /// A command with a body of this type, each optional field of which is there `percent` times of
  /// a hundred.
  template <typename B>
  Command make(unsigned percent) {
    return makeOf(Schema<B>::kBody.cmd, percent);
  }

 private:
  Command makeOf(Cmd cmd, unsigned percent);

  class Filler;
  std::unique_ptr<Filler> filler_;
};

/// The body included.
bool isSameCommand(const Command& a, const Command& b);

/// A frame and what it is decoded to.
struct Decoded {
  Decoded(Encoding encoding, std::string_view bytes);
  ~Decoded();

  bool ok() const { return command.ok(); }
  /// The sentence with which it is refused; empty when it is not.
  std::string refusal() const;
  const Command* operator->() const { return &*command; }
  const Command& operator*() const { return *command; }

  std::vector<char> frame;
  Decoder decoder;
  Result<Command> command;
};

std::string encodedAs(Encoding encoding, const Command& command);

/// `"08 00 61"` as bytes.
std::string bytesOf(std::string_view hex);

}  // namespace kith::leancloud::testing
