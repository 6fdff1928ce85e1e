// SPDX-License-Identifier: Apache-2.0
// What a session needs of its manager. Any thread.
#pragma once

#include <kith/options.hpp>
#include <kith/result.hpp>
#include <kith/session.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "base/fork.hpp"
#include "client/commands.hpp"
#include "dispatch/app_strand.hpp"

namespace kith::client {

class SessionHost {
 public:
  virtual ~SessionHost() = default;

  /// In a forked child: its locks may be held by threads that are not there.
  bool isElsewhere() const { return origin_.elsewhere(); }
  virtual const Options& options() const = 0;
  /// Where callbacks run, and what watches them.
  virtual dispatch::AppStrand& strand() = 0;
  virtual Commands& commands() = 0;
  /// A name for a message, unlike any other of any process.
  virtual std::string makeClientId() = 0;
  /// Whether the service can carry the message.
  virtual Result<void> checkSize(const Message& message, std::string_view peer_id,
                                 std::string_view client_id) const = 0;
  /// The last reference to a session is gone.
  virtual void dropped(SessionImpl& session) = 0;
  virtual void close(Completion done) = 0;

 private:
  const base::Origin origin_;
};

}  // namespace kith::client
