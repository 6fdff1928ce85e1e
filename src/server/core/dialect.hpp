// SPDX-License-Identifier: Apache-2.0
// What stands between the core and the bytes of one protocol. Hub's thread.
#pragma once

#include <kith/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "server/core/intents.hpp"
#include "server/core/notices.hpp"
#include "server/core/topics.hpp"

namespace kith::sign {
class Signer;
}

namespace kith::core {

struct Peer;

/// Ways in which dialects of one hub write, at most.
inline constexpr std::size_t kDialects = 6;

enum class FrameForm : std::uint8_t {
  Text,
  Binary,
  Answer,  ///< no frame: the answer to Hub::command()
};

/// A notice for many, encoded once but for what is its receiver's.
struct SharedFrame {
  std::string bytes;
  Topics topics{kAllTopics};
  bool empty() const { return bytes.empty(); }
};

/// Whose signature is looked at, and for what.
struct SignedRequest {
  enum class Action : std::uint8_t {
    Open,
    Watch,
    Join,
    Invite,
    Kick,
    Create,
    Block,
    Unblock,
    Decline,
    Accept,
  };
  Action action;
  std::string_view app_id;
  std::string_view peer_id;
  std::string_view group;
  IdList ids;
  bool wants_super{false};
  const Proof& proof;
};

/// What the protocol asks of the core beside its bytes.
struct DialectRules {
  /// Where an app requires it, messages go only to peers that the sender watches (avos-v1 §7).
  bool watch_before_send{false};
  /// Where an app wants it, a session that may not open gets no answer (avos-v1 §17 Q4).
  bool silent_refusals{false};
  // Of leancloud-current:
  /// Sessions have tokens, peers look for their pairs in lists, what is refused is answered, and a
  /// command that names no peer is about the connection's first one (§4, §5.1).
  bool current{false};
  /// What came while a peer was away is counted, not sent (§2: mode 3, as against 1).
  bool counts_backlog{false};
  /// Edits of messages, other attributes of conversations, and what peers may do there are told.
  bool hears_changes{false};
  /// What the peer has read elsewhere is told.
  bool hears_marks{false};
  /// A read mark is answered when it is kept.
  bool answers_marks{false};
  /// A page of messages, of counts or of conversations ends when it has so many bytes, because its
  /// client takes no longer frame. That a page is short does not say then that it is the last one.
  std::size_t answer_bytes{std::numeric_limits<std::size_t>::max()};
  /// A reply and news about one conversation leave in writes of their own, a moment apart: a client
  /// that reads both at once handles the news before the code that waits for the reply (§12).
  bool spaced{false};
  FrameForm form{FrameForm::Text};
};

/// One encoding of one protocol: frames become intents, notices become frames. It keeps nothing of
/// a connection, so that all connections that speak it share it and what was encoded for one of
/// them.
class Dialect {
 public:
  /// `number` is below kDialects; dialects that have the same one write the same bytes.
  Dialect(std::size_t number, DialectRules rules) : number_(number), rules_(rules) {}
  virtual ~Dialect() = default;
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;

  std::size_t number() const { return number_; }
  const DialectRules& rules() const { return rules_; }
  /// Which conversation a frame is about, where that says when it may leave.
  Topics topicsOf(const Notice& notice) const {
    return rules_.spaced ? core::topicsOf(notice) : kAllTopics;
  }

  /// Reads a whole frame of `size` bytes with a writable byte behind it, which are overwritten. The
  /// intent is good until they are, and until the next call. An error closes the connection.
  virtual Result<Intent> read(char* frame, std::size_t size) = 0;
  /// Appends a frame.
  virtual void write(const Notice& notice, std::string& out) = 0;
  /// Replaces `out`; `notice` names no peer.
  virtual void writeShared(const Notice& notice, SharedFrame& out) = 0;
  /// The frame for `to`, in parts to be joined. They point into the arguments, or are good until
  /// the next call.
  virtual std::array<std::string_view, 3> partsFor(const SharedFrame& frame, const Peer& to) = 0;
  /// Whether the request was signed with the signer's key, in any of the forms that the protocol
  /// knows for it.
  virtual bool isSigned(const SignedRequest& request, sign::Signer& signer) const = 0;

 private:
  std::size_t number_;
  DialectRules rules_;
};

/// A notice for many receivers, encoded once for each dialect among them, when the first of its
/// receivers comes. It keeps its memory.
class SharedNotice {
 public:
  void forget() {
    for (SharedFrame& frame : frames_) frame.bytes.clear();
  }
  /// `make` gives the notice where it has to be encoded.
  template <typename Make>
  const SharedFrame& in(Dialect& dialect, Make make) {
    SharedFrame& frame = frames_[dialect.number()];
    if (!frame.empty()) return frame;
    const Notice notice = make();
    dialect.writeShared(notice, frame);
    frame.topics = dialect.topicsOf(notice);
    return frame;
  }

 private:
  std::array<SharedFrame, kDialects> frames_;
};

}  // namespace kith::core
