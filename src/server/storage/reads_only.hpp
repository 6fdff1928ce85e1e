// SPDX-License-Identifier: Apache-2.0
// The second try of a transaction that failed: what reads is answered, what changes is refused with
// the reason, so that a full disk stops nobody who only reads. Owned by the storage's thread.
#pragma once

#include <utility>

#include "server/storage/answers.hpp"

namespace kith::storage {

class ReadsOnly final : public Verbs {
 public:
  ReadsOnly(Verbs& verbs, Answers& answers, const Error& error)
      : verbs_(verbs), answers_(answers), error_(error) {}

  // Not a change that anybody waits for; what it can not write is written at the next use.
  void configureApp(std::string_view app_id, const QueueLimits& limits) override {
    verbs_.configureApp(app_id, limits);
  }
  void append(Token token, const NewMessage&) override {
    answers_.push_back({token, Result<Appended>(error_)});
  }
  void pending(Token token, std::string_view app_id, std::string_view peer_id, Sequence after,
               std::size_t limit, std::int64_t now_ms) override {
    verbs_.pending(token, app_id, peer_id, after, limit, now_ms);
  }
  void acknowledge(std::string_view, std::string_view, std::span<const Sequence>) override {}
  void createGroup(Token token, std::string_view, const GroupRecord&, std::int64_t) override {
    refuse(token);
  }
  void loadGroup(Token token, std::string_view app_id, std::string_view group_id) override {
    verbs_.loadGroup(token, app_id, group_id);
  }
  void addMembers(Token token, std::string_view, std::string_view,
                  std::span<const std::string_view>) override {
    refuse(token);
  }
  void removeMembers(Token token, std::string_view, std::string_view,
                     std::span<const std::string_view>) override {
    refuse(token);
  }
  void history(Token token, const HistoryRange& range) override { verbs_.history(token, range); }
  void expire(std::int64_t) override {}
  void clockJumped(std::int64_t) override {}

 private:
  void refuse(Token token) { answers_.push_back({token, ChangedAnswer{error_}}); }

  Verbs& verbs_;
  Answers& answers_;
  const Error error_;
};

}  // namespace kith::storage
