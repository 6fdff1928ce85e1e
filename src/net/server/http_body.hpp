// SPDX-License-Identifier: Apache-2.0
// The body of an HTTP/1 request, taken out of its framing (RFC 9112 §6 and §7): a length, or
// chunks with extensions and trailers. Why it is ours: docs/decisions/021. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ws/http_head.hpp"

namespace kith::net {

/// How the end of a body is found.
struct BodyFraming {
  enum class Kind : std::uint8_t {
    None,     ///< there is no body
    Length,   ///< so many bytes follow, at least one
    Chunked,  ///< chunks follow
    Bad,      ///< two readers could find two ends: answer 400 and close
    Unknown,  ///< a transfer coding that is not `chunked` alone: answer 501 and close
  };
  Kind kind{Kind::None};
  std::uint64_t length{0};

  bool hasBody() const { return kind != Kind::None; }
};
BodyFraming framingOf(const ws::HttpHead& head);

class BodyReader {
 public:
  /// `framing` is Length or Chunked.
  explicit BodyReader(const BodyFraming& framing)
      : chunked_(framing.kind == BodyFraming::Kind::Chunked), left_(framing.length) {}

  enum class State : std::uint8_t {
    More,   ///< there is more to come; all bytes were taken
    Whole,  ///< the body is whole; what is behind it was not touched
    Bad,    ///< this is no chunked body, or what surrounds the chunks is too long
  };
  /// Takes bytes from the front of `bytes` and appends what is of the body to `out`, never more
  /// bytes than it took.
  State read(std::string_view& bytes, std::string& out);

 private:
  enum class Step : std::uint8_t { Size, Data, DataEnd, Trailer };

  void takeData(std::string_view& bytes, std::string& out);
  /// True when `line_` is whole.
  bool takeLine(std::string_view& bytes);
  State onLine();
  State onSize(std::string_view line);

  const bool chunked_;
  Step step_{Step::Size};
  std::uint64_t left_;  // of the body, or of the chunk
  std::string line_;    // as far as it is there, with its end
  std::uint64_t payload_{0};
  std::uint64_t framing_{0};
};

}  // namespace kith::net
