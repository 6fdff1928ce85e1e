// SPDX-License-Identifier: Apache-2.0
// The HTTP of a listener's connections: requests one after another on a connection, until one of
// them makes it a WebSocket. http_side_body.cpp is about what is long in them. A part of
// EpollListener, whose connections, deadlines and limiter it uses. Loop thread only.
#pragma once

#include "net/server/epoll_listener.hpp"
#include "ws/http_head.hpp"

namespace kith::net {

class EpollListener::HttpSide {
 public:
  explicit HttpSide(EpollListener& listener) : listener_(listener) {}

  /// There is something to be read, or to be understood that was read before.
  void read(Connection& connection);
  /// No further request is read for now.
  static bool isBusy(const Connection& connection);
  /// Nothing waits to leave any more. `paced`: it had taken a while.
  void onAllSent(Connection& connection, bool paced);
  /// Its request will not be answered any more.
  void dropRequest(Connection& connection);
  /// A deadline has come that is not one of output.
  bool keepsPace(Connection& connection, const DeadlineList& list) const;

  // As in Listener.
  void reply(RequestId request, HttpReply reply);
  void takeBody(RequestId request, std::uint64_t limit, BodyMode mode);
  void bodyDone(RequestId request, std::size_t bytes);
  void sendPart(RequestId request, std::string bytes, bool last);

 private:
  void understand(Connection& connection, char* bytes, std::size_t size);
  static void keep(Connection& connection, std::string_view rest, std::size_t known);
  void onHead(Connection& connection, const ws::HttpHead& head);
  void onUpgrade(Connection& connection, const ws::HttpHead& head);
  void onRequest(Connection& connection, const ws::HttpHead& head, const BodyFraming& framing);
  void reject(Connection& connection, std::string answer);
  HttpExchange* findExchange(RequestId request, Connection*& connection);
  static void forgetRequest(Connection& connection);
  void answered(Connection& connection);

  void beginBody(Connection& connection, const ws::HttpHead& head, const BodyFraming& framing);
  void readBody(Connection& connection);
  void takeBodyBytes(Connection& connection, std::string_view bytes);
  void onBodyBytes(Connection& connection, BodyReader::State state);
  void sendFile(Connection& connection);

  // Of a file so many bytes are in the output at a time.
  static constexpr std::size_t kFilePiece = 65536;

  EpollListener& listener_;
  std::uint32_t last_request_{0};
  ws::HttpHead head_;  // of the request at hand
};

}  // namespace kith::net
