// SPDX-License-Identifier: Apache-2.0
// A chunked body from a stranger: however the bytes are cut, the same body, the same end, the same
// verdict, and never more of it than came.
#include "net/server/http_body.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using kith::net::BodyFraming;
using kith::net::BodyReader;

struct Outcome {
  BodyReader::State state{BodyReader::State::More};
  std::string body;
  std::size_t used{0};
};

Outcome readIn(std::string_view bytes, std::size_t step) {
  BodyReader reader({BodyFraming::Kind::Chunked, 0});
  Outcome outcome;
  std::size_t at = 0;
  while (outcome.state == BodyReader::State::More && at < bytes.size()) {
    const std::string_view piece = bytes.substr(at, step);
    std::string_view rest = piece;
    outcome.state = reader.read(rest, outcome.body);
    at += piece.size() - rest.size();
  }
  outcome.used = at;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = readIn(bytes, std::max<std::size_t>(size, 1));
  if (whole.body.size() > whole.used) std::abort();
  for (const std::size_t step : {1u, 5u, 64u}) {
    const Outcome cut = readIn(bytes, step);
    const bool same =
        cut.state == whole.state && (cut.state != BodyReader::State::Whole ||
                                     (cut.body == whole.body && cut.used == whole.used));
    if (!same) std::abort();
  }
  return 0;
}
