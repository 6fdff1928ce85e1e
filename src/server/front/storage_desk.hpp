// SPDX-License-Identifier: Apache-2.0
// The storage between its two customers, the hub and the HTTP interface: sends each result to the
// one who asked, and knows how many are still to come. Owned by the front, loop thread only.
#pragma once

#include <memory>
#include <utility>

#include "server/storage/storage.hpp"

namespace kith::front {

/// Tokens with this bit are the HTTP interface's, the others the hub's.
inline constexpr storage::Token kHttpToken = 1ull << 63;

class StorageDesk final : public storage::Storage, private storage::Results {
 public:
  using Token = storage::Token;

  explicit StorageDesk(std::unique_ptr<storage::Storage> storage) : storage_(std::move(storage)) {}

  void setCustomers(storage::Results& hub, storage::Results& http) {
    hub_ = &hub;
    http_ = &http;
  }
  /// Results that were asked for and have not come yet.
  std::size_t outstanding() const { return outstanding_; }
  std::size_t drain() { return storage_->drain(*this); }

  void configureApp(std::string_view app_id, const storage::QueueLimits& limits) override {
    storage_->configureApp(app_id, limits);
  }
  void append(Token token, const storage::NewMessage& message) override {
    ++outstanding_;
    storage_->append(token, message);
  }
  void pending(Token token, std::string_view app_id, std::string_view peer_id,
               storage::Sequence after, std::size_t limit, std::int64_t now_ms) override {
    ++outstanding_;
    storage_->pending(token, app_id, peer_id, after, limit, now_ms);
  }
  void acknowledge(std::string_view app_id, std::string_view peer_id,
                   std::span<const storage::Sequence> sequences) override {
    storage_->acknowledge(app_id, peer_id, sequences);
  }
  void createGroup(Token token, std::string_view app_id, const storage::GroupRecord& group,
                   std::int64_t now_ms) override {
    ++outstanding_;
    storage_->createGroup(token, app_id, group, now_ms);
  }
  void loadGroup(Token token, std::string_view app_id, std::string_view group_id) override {
    ++outstanding_;
    storage_->loadGroup(token, app_id, group_id);
  }
  void addMembers(Token token, std::string_view app_id, std::string_view group_id,
                  std::span<const std::string_view> peer_ids) override {
    ++outstanding_;
    storage_->addMembers(token, app_id, group_id, peer_ids);
  }
  void removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                     std::span<const std::string_view> peer_ids) override {
    ++outstanding_;
    storage_->removeMembers(token, app_id, group_id, peer_ids);
  }
  void history(Token token, const storage::HistoryRange& range) override {
    ++outstanding_;
    storage_->history(token, range);
  }
  void expire(std::int64_t now_ms) override { storage_->expire(now_ms); }
  void clockJumped(std::int64_t by_ms) override { storage_->clockJumped(by_ms); }
  void flush() override { storage_->flush(); }
  std::size_t drain(storage::Results&) override { return drain(); }
  void close() override { storage_->close(); }
  storage::StorageStats stats() const override { return storage_->stats(); }

 private:
  storage::Results& customer(Token token) {
    --outstanding_;
    return (token & kHttpToken) != 0 ? *http_ : *hub_;
  }
  void onAppended(Token token, Result<storage::Appended> result) override {
    customer(token).onAppended(token, std::move(result));
  }
  void onPending(Token token, Result<std::vector<storage::StoredMessage>> messages,
                 bool complete) override {
    customer(token).onPending(token, std::move(messages), complete);
  }
  void onGroup(Token token, Result<std::optional<storage::GroupRecord>> group) override {
    customer(token).onGroup(token, std::move(group));
  }
  void onChanged(Token token, Result<void> result) override {
    customer(token).onChanged(token, std::move(result));
  }
  void onHistory(Token token, Result<std::vector<storage::StoredMessage>> messages) override {
    customer(token).onHistory(token, std::move(messages));
  }

  std::unique_ptr<storage::Storage> storage_;
  storage::Results* hub_{nullptr};
  storage::Results* http_{nullptr};
  std::size_t outstanding_{0};
};

}  // namespace kith::front
