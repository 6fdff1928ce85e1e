// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_messages.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

namespace kith::storage {
namespace {

std::uint32_t narrow(std::size_t size) { return static_cast<std::uint32_t>(size); }

char* put(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

/// A Thing with room for `texts` bytes behind it.
template <typename Thing>
Thing* makeWith(Blocks& blocks, std::size_t texts) {
  static_assert(std::is_trivially_destructible_v<Thing>);
  const std::size_t bytes = sizeof(Thing) + texts;
  auto* thing = new (blocks.take(bytes)) Thing{};
  thing->bytes = narrow(bytes);
  return thing;
}

}  // namespace

Message* Message::make(Blocks& blocks, const Append& from, Conversation& conversation) {
  std::size_t texts = from.id.size() + from.from.size() + from.group_id.size() + from.text.size();
  for (const std::string_view peer : from.addressed) texts += sizeof(std::uint32_t) + peer.size();
  auto* message = makeWith<Message>(blocks, texts);
  message->timestamp = from.timestamp;
  message->conversation = &conversation;
  ++conversation.messages;
  message->id_bytes = narrow(from.id.size());
  message->from_bytes = narrow(from.from.size());
  message->group_bytes = narrow(from.group_id.size());
  message->text_bytes = narrow(from.text.size());
  message->addressed = narrow(from.addressed.size());
  message->receipt_wanted = from.receipt_wanted;
  char* at = reinterpret_cast<char*>(message + 1);
  at = put(put(put(put(at, from.id), from.from), from.group_id), from.text);
  for (const std::string_view peer : from.addressed) {
    const std::uint32_t size = narrow(peer.size());
    at = put(put(at, {reinterpret_cast<const char*>(&size), sizeof size}), peer);
  }
  return message;
}

StoredMessage Message::copy() const {
  StoredMessage copy;
  copy.position = position;
  copy.id = id();
  copy.timestamp = timestamp;
  copy.from = from();
  copy.conv_id = conversation->id();
  copy.group_id = group();
  copy.text = text();
  copy.receipt_wanted = receipt_wanted;
  if (edited != nullptr) copy.edited_at = edited->at;
  const char* at = endOf(sentText());
  for (std::uint32_t left = addressed; left > 0; --left) {
    std::uint32_t size = 0;
    std::memcpy(&size, at, sizeof size);
    copy.addressed.emplace_back(at + sizeof size, size);
    at += sizeof size + size;
  }
  return copy;
}

void Message::forgetEdit(Blocks& blocks) {
  if (edited == nullptr) return;
  EditedText* const gone = std::exchange(edited, nullptr);
  blocks.give(gone, gone->bytes);
}

void Message::edit(Blocks& blocks, std::string_view text, std::int64_t at) {
  forgetEdit(blocks);
  edited = makeWith<EditedText>(blocks, text.size());
  edited->at = at;
  edited->text_bytes = narrow(text.size());
  put(reinterpret_cast<char*>(edited + 1), text);
}

// The block keeps its size; what was in it is not to be found in the memory either.
void Message::tombstone(Blocks& blocks) {
  forgetEdit(blocks);
  auto* const from = const_cast<char*>(sentText().data());
  char* const end = reinterpret_cast<char*>(this) + bytes;
  std::fill(from, end, '\0');
  text_bytes = addressed = 0;
  deleted = true;
}

Conversation* Conversation::make(Blocks& blocks, std::string_view id, std::uint64_t hash) {
  auto* conversation = makeWith<Conversation>(blocks, id.size());
  conversation->hash = hash;
  conversation->id_bytes = narrow(id.size());
  put(reinterpret_cast<char*>(conversation + 1), id);
  return conversation;
}

KnownToken* KnownToken::make(Blocks& blocks, const Append& message, std::uint64_t hash) {
  auto* token =
      makeWith<KnownToken>(blocks, message.from.size() + message.dedupe.size() + message.id.size());
  token->hash = hash;
  token->timestamp = message.timestamp;
  token->from_bytes = narrow(message.from.size());
  token->dedupe_bytes = narrow(message.dedupe.size());
  token->id_bytes = narrow(message.id.size());
  put(put(put(reinterpret_cast<char*>(token + 1), message.from), message.dedupe), message.id);
  return token;
}

}  // namespace kith::storage
