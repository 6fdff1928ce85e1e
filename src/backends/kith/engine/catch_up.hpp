// SPDX-License-Identifier: Apache-2.0
// What happened to conversations while a session was paused (decision 046): asked for when it is
// open again, told once and in order. Part of Session; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backends/kith/engine/conversation_news.hpp"
#include "backends/kith/engine/requests.hpp"
#include "backends/kith/engine/session_context.hpp"
#include "base/clock.hpp"

namespace kith::engine {

/// Two questions, one after the other: changes, page by page, then edits. News that come meanwhile
/// wait, so that what is older is told first. What was told is remembered for a while, because
/// times of different conversations need not come in their order: it is asked for once more, and
/// dropped.
class CatchUp {
 public:
  explicit CatchUp(SessionContext& context) : context_(context) {}

  /// The session is open. `time`: the server's; 0 = it says none, so that nothing can be asked.
  void opened(std::int64_t time, bool resumed, base::Instant now);
  void lost();
  /// The session's life is over.
  void forget();
  /// Tells the news, now or behind what is older.
  void tell(News&& news);
  /// It is known without being told: this peer has left by itself. What is held of that group is of
  /// before.
  void know(const News& left);

  /// The answer to a question; false: it is to another request.
  bool answer(const Request& request, const leancloud::Command& command, base::Instant now);
  bool refuse(const Request& request);

 private:
  struct Told {
    std::int64_t time{0};
    std::uint64_t key{0};
    bool matched{false};  ///< something that was asked for is this one
  };
  enum class Step : std::uint8_t { Idle, Changes, Edits };

  void ask(Step step, std::int64_t since, base::Instant now);
  void changesTold(const leancloud::ConvCommand& told, base::Instant now);
  void editsTold(const leancloud::Command& command);
  void tellMissed(std::vector<News>&& news);
  void finish();
  void tellThatSomeIsMissing(std::int64_t since);
  /// Each thing that was told is one of those that are asked for: of two alike the second is news.
  bool wasTold(const News& news);
  void unmatch(std::int64_t since);
  /// `matched`: it is one of those that were asked for.
  void remember(const News& news, bool matched);

  SessionContext& context_;
  Step step_{Step::Idle};
  std::uint64_t tag_{0};
  std::int64_t upto_{0};       ///< ms: all up to here is told; 0 = not known
  std::int64_t forgotten_{0};  ///< ms: of the latest one told that is not remembered
  std::int64_t since_{0};      ///< ms: of the first question
  std::int64_t asked_{0};      ///< ms: of the last one
  std::int64_t next_{0};       ///< ms: what upto_ will be
  int pages_{0};
  bool missed_{false};
  bool unsure_{false};  ///< the server's clock was set back: its times do not say what is behind
  std::vector<Told> told_;  ///< a ring
  std::size_t oldest_{0};
  std::vector<News> held_;
};

}  // namespace kith::engine
