// SPDX-License-Identifier: Apache-2.0
// What a listener knows of one HTTP request from its head to the end of its answer: the body that
// is read, the answer that is written piece by piece. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/server/http_body.hpp"
#include "net/server/listener.hpp"

namespace kith::net {

/// A body on its way in. Nothing of it is read before the handler wants it.
struct IncomingBody {
  explicit IncomingBody(const BodyFraming& framing) : reader(framing), length(framing.length) {}

  /// The other side may send; otherwise its bytes stay in the kernel.
  bool mayRead() const { return wanted && !whole && (mode == BodyMode::Whole || window > 0); }

  BodyReader reader;
  std::uint64_t length;  ///< as announced; 0 = chunks, not known
  std::uint64_t limit{0};
  std::uint64_t taken{0};  ///< bytes of the body so far
  std::size_t window{0};   ///< of Pieces: bytes that may come before the handler is done with some
  std::uint64_t progress{0};  ///< bytes that came since this stretch of its pace began
  std::string bytes;          ///< of Whole: as far as it is there; of Pieces: the piece at hand
  BodyMode mode{BodyMode::Whole};
  bool wanted{false};
  bool whole{false};
  bool awaited{false};  ///< the other side waits for our 100 before it sends any
};

/// A request that is not all there, or not answered yet.
struct HttpExchange {
  /// There are bytes that were not looked at, because something else had to be answered first.
  bool hasNews() const { return known < in.size(); }
  bool readsBody() const { return body && body->mayRead(); }
  /// The answer is sent with what follows.
  bool isUnfinished() const { return parts || file; }
  /// Bytes that are kept for it beside the output.
  std::size_t kept() const { return body ? body->bytes.size() : 0; }

  std::string in;            ///< what was read and is not understood yet
  std::size_t known{0};      ///< so many bytes of it have no end of a head
  RequestId request{0};      ///< the one that waits for its reply; 0 = none
  std::string cors_headers;  ///< the header that says which pages may read the reply
  std::unique_ptr<IncomingBody> body;
  std::shared_ptr<const HttpFile> file;  ///< the rest of the answer
  std::uint64_t file_at{0};
  std::uint64_t file_end{0};
  bool parts{false};  ///< more of the answer comes with sendPart()
  bool chunked{false};
  bool without_body{false};
  bool stays_open{true};
};

}  // namespace kith::net
