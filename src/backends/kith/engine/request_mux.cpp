// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/request_mux.hpp"

#include <utility>

namespace kith::engine {

void RequestMux::connected(bool knows_conversations, base::Instant now) {
  up_ = true;
  stats_->knows_conversations = knows_conversations;
  ack_barrier_.connected();
  last_sent_ = now.mono;
}

void RequestMux::disconnected() {
  up_ = false;
  requests_.clear();
}

void RequestMux::request(Requester& requester, RequestKind kind, std::uint64_t tag,
                         avos::Frame& frame, base::Instant now) {
  frame.i = {avos::Serial::Kind::Integer, requests_.add(requester, kind, tag, now.mono), {}};
  post(frame, now);
}

void RequestMux::request(Requester& requester, std::uint64_t tag, leancloud::Command& command,
                         base::Instant now) {
  command.i =
      static_cast<std::int32_t>(requests_.add(requester, RequestKind::Conversation, tag, now.mono));
  command.app_id = options_.app_id;
  last_sent_ = now.mono;
  ++stats_->frames_out;
  output_.sendCommand(command);
}

void RequestMux::post(avos::Frame& frame, base::Instant now) {
  frame.app_id = options_.app_id;
  last_sent_ = now.mono;
  ++stats_->frames_out;
  output_.sendFrame(frame);
}

void RequestMux::sendBarrier(base::Instant now) {
  last_sent_ = now.mono;
  ++stats_->frames_out;
  ack_barrier_.heartbeatSent();
  output_.sendFrame({});
}

avos::IdList RequestMux::views(const std::vector<std::string>& ids, std::size_t first,
                               std::size_t last) {
  views_.assign(ids.begin() + static_cast<std::ptrdiff_t>(first),
                ids.begin() + static_cast<std::ptrdiff_t>(last));
  return views_;
}

std::uint64_t RequestMux::keep(SessionRef session, const std::string& peer, StoreChange change,
                               bool waits) {
  changes_.push({session, waits});
  output_.keep(peer, std::move(change));
  return committed_ + changes_.size();
}

std::optional<SessionRef> RequestMux::commitOldest() {
  if (changes_.empty()) return {};
  const Change change = changes_.take();
  ++committed_;
  if (!change.waits) return {};
  return change.session;
}

SignatureId RequestMux::ask(SessionRef session, const SignatureRequest& request,
                            base::Instant now) {
  const SignatureId id = first_question_ + questions_.size();
  questions_.push({session, true, now.mono + options_.signature_timeout});
  output_.requestSignature(id, request);
  return id;
}

void RequestMux::cancel(SignatureId id) { answered(id); }

std::optional<SessionRef> RequestMux::answered(SignatureId id) {
  if (id < first_question_ || id - first_question_ >= questions_.size()) return {};
  Question& question = questions_[id - first_question_];
  if (!question.open) return {};
  question.open = false;
  const SessionRef session = question.session;
  dropSettledQuestions();
  return session;
}

void RequestMux::dropSettledQuestions() {
  while (!questions_.empty() && !questions_.front().open) {
    questions_.pop();
    ++first_question_;
  }
}

base::Millis RequestMux::signatureDeadline() const {
  return questions_.empty() ? base::kNever : questions_.front().due;
}

SignatureId RequestMux::overdue(base::Instant now) const {
  return now.mono >= signatureDeadline() ? first_question_ : 0;
}

}  // namespace kith::engine
