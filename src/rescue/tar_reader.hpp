// SPDX-License-Identifier: Apache-2.0
// The files in a tar archive, as its bytes come. Pure; one thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kith::rescue {

/// Told of each file, one after the other.
class TarSink {
 public:
  virtual ~TarSink() = default;
  /// `name` is that of the archive: it is no path to write to.
  virtual void begin(const std::string& name) = 0;
  virtual void bytes(std::string_view bytes) = 0;
  virtual void end() = 0;
};

/// Understands what POSIX (ustar, pax) and GNU tar write. Of what is no file, and of names that are
/// longer than 255 bytes, nothing is told but the file's shorter name.
class TarReader {
 public:
  static constexpr std::size_t kBlock = 512;

  explicit TarReader(TarSink& sink) : sink_(sink) {}

  /// ProtocolError when this is no tar archive.
  Result<void> feed(std::string_view bytes);
  /// It may end here.
  bool whole() const { return ended_ || (block_.empty() && left_ == 0 && padding_ == 0 && any_); }

 private:
  Result<void> takeHeader();

  TarSink& sink_;
  std::string block_;       // of a header, so far
  std::uint64_t left_{0};   // bytes of the file
  std::size_t padding_{0};  // behind it
  bool told_{false};        // the sink hears of this file
  bool any_{false};         // there was a header
  bool ended_{false};       // a block of zeros: what follows does not count
};

}  // namespace kith::rescue
