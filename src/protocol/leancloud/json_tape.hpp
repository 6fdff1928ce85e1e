// SPDX-License-Identifier: Apache-2.0
// A JSON text as a row of nodes: what the decoder looks at, so that members may come in any order.
// Not shared between threads. Private to the codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "protocol/leancloud/arena.hpp"
#include "protocol/leancloud/problem.hpp"

namespace kith::leancloud {

struct JsonNode {
  enum class Kind : std::uint8_t { Null, True, False, Number, String, Array, Object };

  Kind kind{Kind::Null};
  bool has_half{false};  ///< a String with half of a surrogate pair, which is U+FFFD in `text`
  /// The first node behind this one and all that is in it. An array is followed by its elements, an
  /// object by the name of each member (a String) and its value.
  std::uint32_t next{0};
  std::string_view text;  ///< of a String, unescaped, or the characters of a Number as they came
  std::string_view raw;   ///< all of it in the frame
};

/// Reads JSON texts, one at a time.
class JsonTape {
 public:
  JsonTape();
  ~JsonTape();
  JsonTape(JsonTape&&) noexcept;
  JsonTape& operator=(JsonTape&&) noexcept;

  /// Reads one JSON value. False when it is refused: what is not JSON in UTF-8, has a NUL byte, or
  /// more than `depth` levels, limits::kJsonDepth at most. The nodes lie in `arena` and point into
  /// `json`.
  bool read(std::string_view json, std::size_t depth, Arena& arena, Problem& problem);

  std::span<const JsonNode> nodes() const { return nodes_; }

 private:
  class Handler;
  struct Parser;

  std::unique_ptr<Parser> parser_;
  std::span<const JsonNode> nodes_;
};

}  // namespace kith::leancloud
