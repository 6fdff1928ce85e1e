// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_messages.hpp"

#include <algorithm>

#include "server/storage/channel_rules.hpp"
#include "server/storage/memory_conversations.hpp"

namespace kith::storage {
namespace {

std::uint32_t narrow(std::size_t size) { return static_cast<std::uint32_t>(size); }

bool isOlder(const Message& a, const Message& b) {
  return a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.position < b.position;
}

}  // namespace

Message* Message::make(Blocks& blocks, const NewRow& row) {
  std::size_t texts = row.id.size() + row.from.size() + row.text.size() + row.extra.size();
  for (const std::string_view peer : row.addressed) texts += sizeof(std::uint32_t) + peer.size();
  auto* message = makeWith<Message>(blocks, texts);
  message->timestamp = row.timestamp;
  message->from_hash = row.from_hash;
  message->id_bytes = narrow(row.id.size());
  message->from_bytes = narrow(row.from.size());
  message->text_bytes = narrow(row.text.size());
  message->extra_bytes = narrow(row.extra.size());
  message->addressed = narrow(row.addressed.size());
  message->row = row.row;
  message->receipt_wanted = row.receipt_wanted;
  message->to_self = row.to_self;
  char* at = reinterpret_cast<char*>(message + 1);
  at = putText(putText(putText(putText(at, row.id), row.from), row.text), row.extra);
  for (const std::string_view peer : row.addressed) {
    const std::uint32_t size = narrow(peer.size());
    at = putText(putText(at, {reinterpret_cast<const char*>(&size), sizeof size}), peer);
  }
  return message;
}

StoredMessage Message::copy() const {
  StoredMessage copy;
  copy.position = position;
  copy.conversation = conversation->key;
  copy.seq = seq;
  copy.row = row;
  copy.kind = conversation->kind;
  copy.id = id();
  copy.timestamp = timestamp;
  copy.from = from();
  copy.conv_id = shownId(conversation->kind, conversation->id());
  copy.text = text();
  copy.extra = extra();
  copy.receipt_wanted = receipt_wanted;
  if (edited != nullptr) copy.edited_at = edited->at;
  const char* at = endOf(sentExtra());
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

void Message::edit(Blocks& blocks, std::string_view text, std::string_view extra, std::int64_t at) {
  forgetEdit(blocks);
  edited = makeWith<EditedText>(blocks, text.size() + extra.size());
  edited->at = at;
  edited->text_bytes = narrow(text.size());
  edited->extra_bytes = narrow(extra.size());
  putText(putText(reinterpret_cast<char*>(edited + 1), text), extra);
}

// The block keeps its size; what was in it is not to be found in the memory either.
void Message::tombstone(Blocks& blocks) {
  forgetEdit(blocks);
  auto* const from = const_cast<char*>(sentText().data());
  char* const end = reinterpret_cast<char*>(this) + bytes;
  std::fill(from, end, '\0');
  text_bytes = extra_bytes = addressed = 0;
  deleted = true;
}

// --- the log of an app ---------------------------------------------------------------------------

void AppLog::insert(Message* message, Blocks& blocks) {
  ++size_;
  if (newest_ != nullptr && message->timestamp < newest_time_) {
    insertAmong(message);
  } else {
    link(message, newest_, nullptr);
  }
  if (++unmarked_ < kMarkEvery) return;
  unmarked_ = 0;
  addMark(message, blocks);
}

void AppLog::remove(Message* message, Blocks& blocks) {
  --size_;
  removeMark(message, blocks);
  Message* const older = olderThan(message);
  Message* const newer = message->in_app.newer;
  if (message == last_) last_ = nullptr;
  if (message == oldest_) {
    oldest_ = newer;  // whose own link is not looked at any more, nor is it touched here
  } else {
    older->in_app.newer = newer;
    if (newer != nullptr) newer->in_app.older = older;
  }
  if (message != newest_) return;
  newest_ = older;
  newest_time_ = older != nullptr ? older->timestamp : 0;
}

void AppLog::link(Message* message, Message* older, Message* newer) {
  message->in_app = {older, newer, nullptr};
  (older != nullptr ? older->in_app.newer : oldest_) = message;
  if (newer != nullptr) {
    newer->in_app.older = message;
    return;
  }
  newest_ = message;
  newest_time_ = message->timestamp;
}

// After a jump each message goes right behind the one before it, also when a conversation that is
// ahead of the clock gets some in between.
void AppLog::insertAmong(Message* message) {
  const auto isBefore = [&](const Message& each) { return isOlder(each, *message); };
  Message* older = last_;
  if (older == nullptr || !isBefore(*older) ||
      (older->in_app.newer != nullptr && isBefore(*older->in_app.newer))) {
    older = newestOf(isBefore);
  }
  link(message, older, older != nullptr ? older->in_app.newer : oldest_);
  last_ = message;
}

void AppLog::addMark(Message* message, Blocks& blocks) {
  LogMark* newer = nullptr;
  LogMark* older = newest_mark_;
  while (older != nullptr && isOlder(*message, *older->message)) {
    newer = std::exchange(older, older->older);
  }
  auto* mark = new (blocks.take(sizeof(LogMark))) LogMark{message, older, newer};
  message->in_app.mark = mark;
  if (older != nullptr) older->newer = mark;
  (newer != nullptr ? newer->older : newest_mark_) = mark;
}

void AppLog::removeMark(Message* message, Blocks& blocks) {
  LogMark* const mark = std::exchange(message->in_app.mark, nullptr);
  if (mark == nullptr) return;
  if (mark->older != nullptr) mark->older->newer = mark->newer;
  (mark->newer != nullptr ? mark->newer->older : newest_mark_) = mark->older;
  blocks.give(mark, sizeof(LogMark));
}

// --- tokens --------------------------------------------------------------------------------------

KnownToken* KnownToken::make(Blocks& blocks, const Append& message, const Appended& first,
                             std::uint64_t hash) {
  auto* token =
      makeWith<KnownToken>(blocks, message.from.size() + message.dedupe.size() + message.id.size());
  token->hash = hash;
  token->position = first.position;
  token->conversation = first.conversation;
  token->seq = first.seq;
  token->timestamp = first.timestamp;
  token->from_bytes = narrow(message.from.size());
  token->dedupe_bytes = narrow(message.dedupe.size());
  token->id_bytes = narrow(message.id.size());
  char* const at = reinterpret_cast<char*>(token + 1);
  putText(putText(putText(at, message.from), message.dedupe), message.id);
  return token;
}

Appended KnownToken::answer() const {
  return {true, Refusal::None, position, conversation, seq, std::string(id()), timestamp};
}

}  // namespace kith::storage
