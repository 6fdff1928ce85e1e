// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <variant>

#include "tools/chat.hpp"

namespace kith::tools {
namespace {

constexpr const char* kSentMark = " \xe2\x9c\x93";
constexpr const char* kDeliveredMark = " \xe2\x9c\x93\xe2\x9c\x93";

Timestamp now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

ChatPrinter::ChatPrinter(Terminal& terminal, std::string self)
    : EventPrinter(false, false), terminal_(terminal), self_(std::move(self)) {
  setWriter([this](const std::string& line) {
    last_line_.clear();
    history_.push_back(line);
    terminal_.print(line);
  });
}

void ChatPrinter::note(const std::string& text) {
  last_line_.clear();
  terminal_.print("* " + screenText(text));
}

void ChatPrinter::said(const std::string& client_id, const std::string& text,
                       const std::string& where) {
  // Refused at once: the completion, which comes next, says why.
  if (client_id.empty()) return;
  Said said{clockTime(now()) + ' ' + where + self_ + ": " + screenText(text)};
  history_.push_back(said.line);
  // Piped input is not shown again.
  if (terminal_.interactive()) {
    terminal_.print(said.line);
    last_line_ = said.line;
  }
  said_.emplace(client_id, std::move(said));
}

void ChatPrinter::tick(const std::string& mark, const Said& said) {
  if (!terminal_.interactive()) return;
  // Nothing came in between: the ticks go behind the line itself.
  if (last_line_ == said.line && terminal_.reprint(said.line + mark)) return;
  if (mark == kDeliveredMark) terminal_.print("  " + mark + ' ' + said.line);
  last_line_.clear();
}

void ChatPrinter::answered(const std::string& client_id, const Result<Receipt>& result,
                           bool receipt_comes) {
  const auto found = said_.find(client_id);
  const Said said = found == said_.end() ? Said{} : found->second;
  if (found != said_.end()) said_.erase(found);
  if (!result) {
    note("not sent: " + describe(result.error()) +
         (said.line.empty() ? "" : " (" + said.line + ")"));
    return;
  }
  tick(kSentMark, said);
  if (receipt_comes) waiting_receipt_.emplace(result->message_id, said);
}

void ChatPrinter::delivered(const MessageDelivered& event) {
  const auto found = waiting_receipt_.find(event.message_id);
  if (found == waiting_receipt_.end()) return;
  const Said said = found->second;
  waiting_receipt_.erase(found);
  tick(kDeliveredMark, said);
}

bool ChatPrinter::onEvent(Session& session, Event& event) {
  // The completions of these tell the same (decision 009).
  if (std::holds_alternative<MessageSent>(event) || std::holds_alternative<MessageFailed>(event)) {
    return true;
  }
  if (const auto* receipt = std::get_if<MessageDelivered>(&event)) {
    delivered(*receipt);
    return true;
  }
  if (const auto* paused = std::get_if<SessionPaused>(&event)) {
    terminal_.setPrompt(session.peerId() + " (no connection)> ");
    note("connection lost: " + describe(paused->cause) + "; what you type is sent when it is back");
    return true;
  }
  if (std::holds_alternative<SessionResumed>(event)) terminal_.setPrompt(session.peerId() + "> ");
  // The first try that fails says why; the ones after it say the same.
  const auto* retrying = std::get_if<Reconnecting>(&event);
  if (retrying != nullptr && retrying->attempt > 2) return true;
  return EventPrinter::onEvent(session, event);
}

}  // namespace kith::tools
