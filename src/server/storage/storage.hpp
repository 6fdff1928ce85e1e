// SPDX-License-Identifier: Apache-2.0
// What the hub asks of a storage. The hub asks on its own thread and never waits; answers come back
// there when the driver calls drain(), each with its token, in any order.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/storage/answers.hpp"
#include "server/storage/message_extra.hpp"
#include "server/storage/requests.hpp"

namespace kith::storage {

/// Hears answers, on the hub's thread, inside drain().
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  /// May take the value out of it.
  virtual void onAnswer(Answer& answer) = 0;
};

struct StorageStats {
  std::uint64_t commits{0};
  std::uint64_t appended{0};
  /// What waits to be brought into the file; grows while another program reads for long.
  std::uint64_t log_bytes{0};
  /// Messages that were too old when their receiver came back, since the storage was opened.
  std::uint64_t expired{0};
};

/// Takes the requests of a turn and carries them out in one commit (group commit); a change is
/// answered only after its commit is on stable storage. Changes happen in the order of submit(), so
/// messages of a conversation have its order too. A read has the changes in it that were submitted
/// before it, and may have later ones. Answers come in any order.
class Storage {
 public:
  virtual ~Storage() = default;
  /// What `request` refers to is copied before it returns.
  virtual void submit(Token token, const Request& request) = 0;
  /// Ends the turn: what was asked since the last flush() may be committed together.
  virtual void flush() = 0;
  /// Hands out the answers that are ready. Returns how many.
  virtual std::size_t drain(AnswerSink& sink) = 0;
  /// Commits everything, then stops. drain() may still hand out answers. Blocks.
  virtual void close() = 0;

  virtual StorageStats stats() const = 0;
};

/// Called from any thread when drain() has something to hand out.
using Wake = std::function<void()>;

/// Keeps everything in memory, of the history the newest 100,000 messages of an app; answers are
/// ready at flush().
std::unique_ptr<Storage> makeMemoryStorage(Wake wake);

/// `folder`/kith.db on a thread that commits and one that reads: WAL, synchronous=FULL. Fails with
/// InvalidArgument and one clear line when the folder or file cannot be used, is from a newer
/// version, or has a storage already; with Internal when the system has no thread left. Other
/// programs may read the file meanwhile.
Result<std::unique_ptr<Storage>> openSqliteStorage(const std::string& folder, Wake wake);

}  // namespace kith::storage
