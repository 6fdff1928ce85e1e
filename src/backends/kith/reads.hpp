// SPDX-License-Identifier: Apache-2.0
// Reads over HTTP under way (avos-v1 §11), each with a signature where there is a signer. Owned by
// KithBackend; loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "backends/kith/context.hpp"
#include "backends/kith/rest_read.hpp"
#include "backends/kith/signer.hpp"
#include "backends/operation.hpp"

namespace kith::backends {

class Reads {
 public:
  Reads(const Context& context, Signer& signer) : context_(context), signer_(signer) {}

  /// A read that belongs to `session`, or to no session (0). It fails with `Closed` when its owner
  /// is closed first.
  void start(SessionRef session, std::unique_ptr<RestRead> read);
  void cancel(SessionRef session);
  void cancelAll();

 private:
  struct Pending {
    SessionRef session{0};
    std::unique_ptr<RestRead> read;
    std::unique_ptr<net::Timer> patience;  // while the signer is asked
  };

  void goOn(std::uint64_t id);
  void signedAs(std::uint64_t id, const Result<Signature>& proof);
  void request(std::uint64_t id, const Signature* proof);
  void answered(std::uint64_t id, const Result<net::HttpAnswer>& answer);

  const Context& context_;
  Signer& signer_;
  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t next_{1};
};

}  // namespace kith::backends
