// SPDX-License-Identifier: Apache-2.0
// SHA-256 of bytes that come in pieces. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kith::sign {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(std::string_view bytes);
  /// 64 lower-case hex digits of all that was added; empty when OpenSSL failed. Once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kith::sign
