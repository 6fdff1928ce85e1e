// SPDX-License-Identifier: Apache-2.0
#include "server/core/owned_intent.hpp"

namespace kith::core {
namespace {

std::size_t bytesOf(IdList list) {
  std::size_t bytes = 0;
  for (const auto id : list) bytes += id.size();
  return bytes;
}

}  // namespace

void OwnedIntent::assign(const SendMessage& intent) {
  reserve(intent.group.size() + bytesOf(intent.to) + intent.text.size() + intent.dedupe.size() +
              bytesOf(intent.mentions),
          intent.to.size() + intent.mentions.size());
  SendMessage kept = intent;
  kept.group = keep(intent.group);
  kept.to = keep(intent.to);
  kept.text = keep(intent.text);
  kept.dedupe = keep(intent.dedupe);
  kept.mentions = keep(intent.mentions);
  body_ = kept;
}

void OwnedIntent::assign(const ChangeMembers& intent) {
  reserve(intent.groupId().size() + bytesOf(intent.peerIds()), intent.peerIds().size());
  ChangeMembers kept = intent;
  if (intent.group) kept.group = keep(*intent.group);
  if (intent.peers) kept.peers = keep(*intent.peers);
  kept.proof = {};
  body_ = kept;
}

void OwnedIntent::assign(const EditMessage& intent) {
  reserve(intent.group.size() + bytesOf(intent.to) + intent.id.size() + intent.text.size() +
              bytesOf(intent.mentions),
          intent.to.size() + intent.mentions.size());
  EditMessage kept = intent;
  kept.group = keep(intent.group);
  kept.to = keep(intent.to);
  kept.id = keep(intent.id);
  kept.text = keep(intent.text);
  kept.mentions = keep(intent.mentions);
  body_ = kept;
}

void OwnedIntent::assign(const UpdateConversation& intent) {
  reserve(intent.group.size() + intent.fields.size(), 0);
  UpdateConversation kept = intent;
  kept.group = keep(intent.group);
  kept.fields = keep(intent.fields);
  body_ = kept;
}

void OwnedIntent::assign(const ReadMessages& intent) {
  reserve(intent.group.size() + intent.from.id.size() + intent.to.id.size(), 0);
  ReadMessages kept = intent;
  kept.group = keep(intent.group);
  kept.from.id = keep(intent.from.id);
  kept.to.id = keep(intent.to.id);
  body_ = kept;
}

void OwnedIntent::assign(const MarkRead& intent) {
  std::size_t bytes = intent.group.size();
  for (const ReadMark& mark : intent.more) bytes += mark.group.size();
  reserve(bytes, 0);
  MarkRead kept = intent;
  kept.group = keep(intent.group);
  marks_.clear();
  for (const ReadMark& mark : intent.more) marks_.push_back({keep(mark.group), mark.upto});
  kept.more = marks_;
  body_ = kept;
}

void OwnedIntent::assign(const AskMembership& intent) {
  reserve(bytesOf(intent.groups), intent.groups.size());
  body_ = AskMembership{keep(intent.groups)};
}

void OwnedIntent::assign(const FindConversations& intent) {
  reserve(0, 0);
  FindConversations kept = intent;
  kept.where = kept.order = {};
  kept.temporary = {};
  body_ = kept;
}

void OwnedIntent::assign(const ChangeStanding& intent) {
  const Proof& proof = intent.proof;
  reserve(intent.group.size() + bytesOf(intent.peers) + bytesOf(intent.failed) +
              proof.signature.size() + proof.nonce.size() + proof.time_text.size(),
          intent.peers.size() + intent.failed.size());
  ChangeStanding kept = intent;
  kept.group = keep(intent.group);
  kept.peers = keep(intent.peers);
  kept.failed = keep(intent.failed);
  kept.proof.signature = keep(proof.signature);
  kept.proof.nonce = keep(proof.nonce);
  kept.proof.time_text = keep(proof.time_text);
  body_ = kept;
}

void OwnedIntent::assign(const ListStandings& intent) {
  reserve(intent.group.size() + intent.next.size() + bytesOf(intent.peers), intent.peers.size());
  ListStandings kept = intent;
  kept.group = keep(intent.group);
  kept.next = keep(intent.next);
  kept.peers = keep(intent.peers);
  body_ = kept;
}

// For all, so that the views into them stay good.
void OwnedIntent::reserve(std::size_t bytes, std::size_t ids) {
  bytes_.clear();
  ids_.clear();
  bytes_.reserve(bytes);
  ids_.reserve(ids);
}

std::string_view OwnedIntent::keep(std::string_view text) {
  const std::size_t start = bytes_.size();
  bytes_.append(text);
  return std::string_view(bytes_).substr(start);
}

IdList OwnedIntent::keep(IdList list) {
  const std::size_t start = ids_.size();
  for (const auto id : list) ids_.push_back(keep(id));
  return IdList(ids_).subspan(start);
}

}  // namespace kith::core
