// SPDX-License-Identifier: Apache-2.0
// What REST does to the world: the driver behind it. Loop thread only.
#pragma once

#include <kith/outbound.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "net/server/listener.hpp"
#include "server/core/intents.hpp"
#include "server/files/files.hpp"

namespace kith::rest {

/// What an import needs of the world; by itself one without sessions. Each names the app first.
class ImportHost {
 public:
  virtual ~ImportHost() = default;
  /// The peer has a session now.
  virtual bool isOnline(std::string_view, std::string_view) const { return false; }
  /// The members of this conversation are what the storage says now.
  virtual void conversationChanged(std::string_view, std::string_view) {}
};

class RestHost : public ImportHost {
 public:
  virtual ~RestHost() = default;
  /// Once for each request.
  virtual void reply(net::RequestId request, net::HttpReply reply) = 0;
  /// RestApi::body() or gone() is to follow.
  virtual void takeBody(net::RequestId request, std::uint64_t limit) = 0;
  /// A request without a good key or signature, and what its answer says; `forged`: no key of ours
  /// made what it showed.
  virtual void refused(const net::HttpCall& call, std::string_view app_id, std::string_view why,
                       bool forged) = 0;
};

/// Carries out what an app's own server asks of conversations and peers.
class CommandHost {
 public:
  virtual ~CommandHost() = default;
  /// RestHost::reply() follows, maybe from inside of the call. False: there is no place for it. The
  /// command's texts are copied before it returns.
  virtual bool carryOut(net::RequestId request, const core::ServiceCommand& command) = 0;
};

/// Carries out what has to wait for the folder of files.
class FileHost {
 public:
  /// On a thread that may wait for the disk.
  using Work = std::function<net::HttpReply(files::Files&)>;
  enum class Begun : std::uint8_t {
    Yes,
    NoFolder,  ///< the server keeps no files
    Busy,      ///< there is no place for it
  };
  virtual ~FileHost() = default;
  /// RestHost::reply() follows with what the work gives. `bytes` are what it holds.
  virtual Begun work(net::RequestId request, std::size_t bytes, Work work) = 0;
};

/// Carries out what has to wait for an app's own server.
class OutboundHost {
 public:
  /// On a thread that may wait.
  using Work = std::function<net::HttpReply(const Outbound&)>;
  enum class Begun : std::uint8_t {
    Yes,
    NoWay,  ///< the server asks no others
    Busy,   ///< there is no place for it, or none for this address
  };
  virtual ~OutboundHost() = default;
  /// RestHost::reply() follows with what the work gives.
  virtual Begun ask(net::RequestId request, net::AddressKey from, Work work) = 0;
};

/// All of them.
struct RestHosts {
  RestHost& rest;
  CommandHost& commands;
  FileHost& files;
  OutboundHost& outbound;
};

}  // namespace kith::rest
