// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1 request, taken apart (RFC 9112). It is strict where two readers could
// understand two things: bare line ends, folded lines, control characters and a second Host are
// refused. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kith::ws {

/// Bytes that a head may have, its empty line included.
inline constexpr std::size_t kHeadBytes = 8192;
/// Header lines that a head may have.
inline constexpr std::size_t kHeaderLines = 100;

/// Points into the bytes it was read from.
struct HttpHead {
  std::string_view method;
  std::string_view path;   ///< as it came, without the query; `*` of an OPTIONS, too
  std::string_view query;  ///< as it came, without the question mark
  int minor{1};            ///< of the version: HTTP/1.minor
  std::vector<std::pair<std::string_view, std::string_view>> headers;

  /// The values of all headers of this name, in any case, joined with `, `; empty when there is
  /// none.
  std::string header(std::string_view name) const;
  bool has(std::string_view name) const;
  /// A list behind this name has this word, both in any case.
  bool lists(std::string_view name, std::string_view word) const;
};

/// Empty lines in front of a request, which are to be skipped.
std::size_t emptyLines(std::string_view bytes);
/// Bytes to the end of the first head, its empty line included; 0 when it is not all there. The
/// first `known` bytes were looked at before and grew since.
std::size_t headSize(std::string_view bytes, std::size_t known);
/// False when these bytes cannot become a request, whatever follows.
bool mayBeHead(std::string_view bytes);
/// Reads a whole head. False when it breaks a rule: answer 400 and close.
bool readHead(std::string_view bytes, HttpHead& head);

/// Reads one line of a head or a trailer, without its end. False when it is none.
bool readHeaderLine(std::string_view line, std::string_view& name, std::string_view& value);
/// Free of control characters but tabs.
bool isFieldText(std::string_view text);

}  // namespace kith::ws
