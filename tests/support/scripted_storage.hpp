// SPDX-License-Identifier: Apache-2.0
// The memory storage with a brake and a saboteur: answers can be kept back, handed out in any
// order, and the next append, change, load or page can be made to fail. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.hpp"

namespace kith::testing {

class ScriptedStorage final : public storage::Storage, private storage::AnswerSink {
 public:
  bool held{false};                        ///< drain() hands out nothing
  bool keep{false};                        ///< drain() hands out only what answer() chose
  bool fail_next{false};                   ///< the next answer of a change or read is a failure
  bool fail_all{false};                    ///< so are all of them
  bool fail_kept{false};                   ///< so are those that answer() chose
  std::uint64_t expired{0};                ///< Expire requests
  std::uint64_t loads{0};                  ///< LoadGroup requests
  std::uint64_t pages{0};                  ///< ReadPending requests
  std::uint64_t flushes{0};                ///< calls of flush()
  std::vector<std::size_t> acknowledged;   ///< how many rows each Acknowledge of a client named
  std::size_t ranges{0};                   ///< that the last Acknowledge named
  std::vector<std::size_t> left_out;       ///< and each that settles
  std::vector<std::size_t> named;          ///< how many peers each Append and change named
  std::vector<std::string> conversations;  ///< of each Append
  /// Of each peer in the order of submit(): `online`, `first` (page), `page`, `settled`, `sends`,
  /// `offline`.
  std::vector<std::string> story;

  ScriptedStorage();
  ~ScriptedStorage() override;

  void submit(storage::Token token, const storage::Request& request) override;
  void flush() override;
  std::size_t drain(storage::AnswerSink& sink) override;
  /// Answers that are kept, in the order they were asked for.
  std::size_t kept() const { return kept_.size(); }
  /// Lets the next drain() hand out this one of them.
  void answer(std::size_t which);
  void close() override;
  storage::StorageStats stats() const override;

 private:
  void tell(std::string_view peer, std::string_view what);
  template <typename Other>
  void note(const Other&) {}
  void note(const storage::Expire&) { ++expired; }
  void note(const storage::LoadGroup&) { ++loads; }
  void note(const storage::ReadPending& page);
  void note(const storage::Append& append);
  void note(const storage::AddMembers& change);
  void note(const storage::RemoveMembers& change);
  void note(const storage::PeerOnline& event);
  void note(const storage::PeerOffline& event);
  void note(const storage::Acknowledge& acknowledgement);

  void onAnswer(storage::Answer& answer) override;

  std::unique_ptr<storage::Storage> inner_;
  storage::AnswerSink* target_{nullptr};
  storage::Answers kept_;
  storage::Answers chosen_;
};

}  // namespace kith::testing
