// SPDX-License-Identifier: Apache-2.0
// Sends one text or every line of standard input, many in flight, in order; counts what became of
// them. Used on the MainLoop's thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tools/line_reader.hpp"
#include "tools/peer_client.hpp"

namespace kith::tools {

class Sender : public std::enable_shared_from_this<Sender> {
 public:
  using SendFunction = std::function<SendTicket(Message, SendCompletion)>;

  /// `model` is every message but for its text; `send` is the session's or a group's.
  Sender(PeerClient& client, Message model, SendFunction send)
      : client_(client), model_(std::move(model)), send_(std::move(send)) {}

  /// Sends `text`, or the lines of standard input when it is `-`, and waits for the answers.
  /// Returns the exit status.
  int run(const std::string& text);
  /// Call it for every receipt that comes.
  void delivered(const std::string& message_id) { waiting_receipts_.erase(message_id); }

 private:
  void pump();
  /// False when there was no room for it.
  bool sendOne(const std::string& text);
  void onDone(const Result<Receipt>& result);
  bool finished() const;

  PeerClient& client_;
  Message model_;
  SendFunction send_;
  std::optional<LineReader> input_;
  bool reading_{false};
  /// A line that found the outbox full; it goes first when there is room.
  std::optional<std::string> held_back_;
  std::size_t under_way_{0};
  std::size_t accepted_{0};
  std::size_t failed_{0};
  SteadyTime last_progress_{};
  std::set<std::string> waiting_receipts_;
};

}  // namespace kith::tools
