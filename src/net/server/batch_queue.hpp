// SPDX-License-Identifier: Apache-2.0
// What crosses between the thread of a listener's handler and a thread that serves connections:
// what came in, and what is to be done. Whole turns of it at once, in memory that is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/server/listener.hpp"

namespace kith::net {

/// What a handler is to hear. A frame has a byte behind it.
struct EventBatch {
  enum class What : std::uint8_t {
    Connected,
    Frame,
    Heard,
    Drained,
    Disconnected,
    Http,
    Body,
    PartsDrained,
    RequestGone
  };
  struct Event {
    What what;
    ws::FrameKind kind;  ///< of a frame
    SocketId socket;
    /// Of a frame, where its bytes begin; of Http, which of the calls, and of what follows a call,
    /// which of the news; of Connected, which of those
    /// accepted; of Drained, the last batch of commands that was carried out before.
    std::uint32_t at;
    std::uint32_t size;
  };

  struct RequestEvent {
    RequestId request;
    std::size_t at;  ///< where its piece begins
    std::size_t size;
    bool last;
  };

  void add(What what, SocketId socket, std::uint32_t at = 0, std::uint32_t size = 0) {
    list.push_back({what, ws::FrameKind::Text, socket, at, size});
  }
  void addFrame(SocketId socket, std::string_view frame, ws::FrameKind kind) {
    list.push_back({What::Frame, kind, socket, static_cast<std::uint32_t>(bytes.size()),
                    static_cast<std::uint32_t>(frame.size())});
    bytes.append(frame).push_back('\0');
  }
  bool empty() const { return list.empty(); }
  void addCall(RequestId request, const HttpCall& call) {
    add(What::Http, 0, static_cast<std::uint32_t>(calls.size()));
    calls.emplace_back(request, call);
    texts_weight += sizeof(HttpCall) + call.weight();
  }
  /// Something of a request: a piece of its body, or just that it happened.
  void addRequestEvent(What what, RequestId request, std::string_view piece = {},
                       bool last = false) {
    add(what, 0, static_cast<std::uint32_t>(request_events.size()));
    request_events.push_back({request, bytes.size(), piece.size(), last});
    bytes.append(piece);
    texts_weight += sizeof(RequestEvent);
  }
  void addConnected(SocketId socket, const Accepted& how) {
    add(What::Connected, socket, static_cast<std::uint32_t>(accepted.size()));
    accepted.push_back(how);
    texts_weight += sizeof(Accepted) + how.weight();
  }
  std::size_t weight() const { return bytes.size() + list.size() * sizeof(Event) + texts_weight; }
  void clear() {
    list.clear();
    bytes.clear();
    calls.clear();
    accepted.clear();
    request_events.clear();
    texts_weight = 0;
  }

  std::vector<Event> list;
  std::string bytes;
  std::vector<std::pair<RequestId, HttpCall>> calls;
  std::vector<Accepted> accepted;
  std::vector<RequestEvent> request_events;
  std::size_t texts_weight{0};  // of calls and accepted
};

/// What a listener is told to do.
struct CommandBatch {
  enum class What : std::uint8_t {
    Send,
    Close,
    Pause,
    Resume,
    SessionOpened,
    SignatureRefused,
    Release,  ///< the handler has heard that it is gone: its number may be used again
    StopAccepting,
    CloseAll,
  };
  struct Command {
    What what;
    ws::FrameKind kind;  ///< of what is sent
    std::uint16_t code;  ///< of a close
    SocketId socket;
    std::uint32_t at;  ///< where its text begins
    std::uint32_t size;
  };

  void add(What what, SocketId socket, std::initializer_list<std::string_view> parts = {},
           std::uint16_t code = 0) {
    const std::size_t at = bytes.size();
    for (const std::string_view part : parts) bytes.append(part);
    list.push_back({what, ws::FrameKind::Text, code, socket, static_cast<std::uint32_t>(at),
                    static_cast<std::uint32_t>(bytes.size() - at)});
  }
  void addFrame(SocketId socket, std::initializer_list<std::string_view> parts,
                ws::FrameKind kind) {
    add(What::Send, socket, parts);
    list.back().kind = kind;
  }
  std::string_view textOf(const Command& command) const {
    return std::string_view(bytes).substr(command.at, command.size);
  }
  bool empty() const { return list.empty() && orders.empty(); }
  /// What is to be done about a request, in this order.
  struct TakeBody {
    std::uint64_t limit;
    BodyMode mode;
  };
  struct BodyDone {
    std::size_t bytes;
  };
  struct BodyPart {
    std::string bytes;
    bool last;
  };
  using Order = std::variant<HttpReply, TakeBody, BodyDone, BodyPart>;
  void addOrder(RequestId request, Order order) {
    orders_weight += sizeof(Order);
    if (const auto* const reply = std::get_if<HttpReply>(&order)) {
      orders_weight += reply->body.size();
    } else if (const auto* const part = std::get_if<BodyPart>(&order)) {
      orders_weight += part->bytes.size();
    }
    orders.emplace_back(request, std::move(order));
  }
  std::size_t weight() const {
    return bytes.size() + list.size() * sizeof(Command) + orders_weight;
  }
  void clear() {
    list.clear();
    bytes.clear();
    orders.clear();
    orders_weight = 0;
  }

  std::vector<Command> list;
  std::string bytes;
  std::vector<std::pair<RequestId, Order>> orders;
  std::size_t orders_weight{0};
};

/// Batches on their way from one thread to another. Its owner guards it with a lock.
template <typename Batch>
class BatchQueue {
 public:
  /// Takes what is in `batch`, and leaves it empty, with room if there is some to spare.
  void put(Batch& batch) {
    weight_ += batch.weight();
    waiting_.push_back(std::move(batch));
    batch = Batch();
    if (spare_.empty()) return;
    batch = std::move(spare_.back());
    spare_.pop_back();
  }
  /// Moves what waits to `batches`, which is empty.
  void take(std::vector<Batch>& batches) {
    waiting_.swap(batches);
    weight_ = 0;
  }
  /// Gives the memory of batches that were taken back, up to a bound.
  void giveBack(std::vector<Batch>& batches) {
    for (Batch& batch : batches) {
      if (spare_.size() >= kSpareBatches || batch.weight() > kSpareBytes) continue;
      batch.clear();
      spare_.push_back(std::move(batch));
    }
    batches.clear();
  }
  bool empty() const { return waiting_.empty(); }
  /// Bytes that wait.
  std::size_t weight() const { return weight_; }

 private:
  static constexpr std::size_t kSpareBatches = 4;
  static constexpr std::size_t kSpareBytes = 1u << 20;

  std::vector<Batch> waiting_;
  std::vector<Batch> spare_;
  std::size_t weight_{0};
};

}  // namespace kith::net
