// SPDX-License-Identifier: Apache-2.0
#include "server/storage/batch.hpp"

namespace kith::storage {
namespace {

// A burst must not keep its memory for ever.
constexpr std::size_t kKeptBytes = 4u * 1024 * 1024;

}  // namespace

enum class Batch::Verb : unsigned char {
  ConfigureApp,
  Append,
  Pending,
  Acknowledge,
  CreateGroup,
  LoadGroup,
  AddMembers,
  RemoveMembers,
  History,
  Expire,
  ClockJumped,
};

Writer Batch::record(Verb verb, Token token) {
  bytes_.push_back(static_cast<char>(verb));
  Writer writer(bytes_);
  writer.number(static_cast<std::int64_t>(token));
  return writer;
}

void Batch::configureApp(std::string_view app_id, const QueueLimits& limits) {
  record(Verb::ConfigureApp, 0)
      .text(app_id)
      .number(static_cast<std::int64_t>(limits.offline_messages))
      .number(limits.offline_age_ms)
      .number(static_cast<std::int64_t>(limits.unacknowledged_messages));
}

void Batch::append(Token token, const NewMessage& message) {
  Writer writer = record(Verb::Append, token);
  writer.text(message.app_id).text(message.id).number(message.timestamp).text(message.from);
  writer.text(message.conv_id).text(message.group_id).text(message.text).text(message.dedupe);
  writer.number(message.receipt_wanted ? 1 : 0).number(message.log_only ? 1 : 0);
  writer.number(static_cast<std::int64_t>(message.receivers.size()));
  for (const ReceiverRef& receiver : message.receivers) {
    writer.text(receiver.peer_id).number(receiver.online ? 1 : 0);
  }
  writer.texts(message.addressed);
}

void Batch::pending(Token token, std::string_view app_id, std::string_view peer_id, Sequence after,
                    std::size_t limit, std::int64_t now_ms) {
  record(Verb::Pending, token)
      .text(app_id)
      .text(peer_id)
      .number(after)
      .number(static_cast<std::int64_t>(limit))
      .number(now_ms);
}

void Batch::acknowledge(std::string_view app_id, std::string_view peer_id,
                        std::span<const Sequence> sequences) {
  Writer writer = record(Verb::Acknowledge, 0);
  writer.text(app_id).text(peer_id).number(static_cast<std::int64_t>(sequences.size()));
  for (Sequence sequence : sequences) writer.number(sequence);
}

void Batch::createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                        std::int64_t now_ms) {
  const std::vector<std::string_view> members(group.members.begin(), group.members.end());
  record(Verb::CreateGroup, token)
      .text(app_id)
      .text(group.id)
      .number(group.open ? 1 : 0)
      .number(now_ms)
      .texts(members);
}

void Batch::loadGroup(Token token, std::string_view app_id, std::string_view group_id) {
  record(Verb::LoadGroup, token).text(app_id).text(group_id);
}

void Batch::changeMembers(Token token, bool add, std::string_view app_id, std::string_view group_id,
                          std::span<const std::string_view> peer_ids) {
  record(add ? Verb::AddMembers : Verb::RemoveMembers, token)
      .text(app_id)
      .text(group_id)
      .texts(peer_ids);
}

void Batch::history(Token token, const HistoryRange& range) {
  record(Verb::History, token)
      .text(range.app_id)
      .text(range.conv_id)
      .text(range.from)
      .number(range.before)
      .number(range.before_exclusive ? 1 : 0)
      .text(range.before_id)
      .number(range.limit);
}

void Batch::expire(std::int64_t now_ms) { record(Verb::Expire, 0).number(now_ms); }

void Batch::clockJumped(std::int64_t by_ms) { record(Verb::ClockJumped, 0).number(by_ms); }

void Batch::clear() {
  if (bytes_.capacity() > kKeptBytes) {
    std::string().swap(bytes_);
  } else {
    bytes_.clear();
  }
}

void Batch::replay(Verbs& verbs) {
  std::string_view left = bytes_;
  while (!left.empty()) {
    const auto verb = static_cast<Verb>(left.front());
    Reader reader(left.substr(1));
    const auto token = static_cast<Token>(reader.number());
    replayOne(verb, token, reader, verbs);
    left = reader.rest();
  }
}

void Batch::replayAppend(Token token, Reader& reader, Verbs& verbs) {
  NewMessage message;
  message.app_id = reader.text();
  message.id = reader.text();
  message.timestamp = reader.number();
  message.from = reader.text();
  message.conv_id = reader.text();
  message.group_id = reader.text();
  message.text = reader.text();
  message.dedupe = reader.text();
  message.receipt_wanted = reader.number() != 0;
  message.log_only = reader.number() != 0;
  receivers_.clear();
  for (std::int64_t left = reader.number(); left > 0; --left) {
    const std::string_view peer_id = reader.text();
    receivers_.push_back({peer_id, reader.number() != 0});
  }
  reader.texts(texts_);
  message.receivers = receivers_;
  message.addressed = texts_;
  verbs.append(token, message);
}

void Batch::replayCreateGroup(Token token, std::string_view app_id, Reader& reader, Verbs& verbs) {
  GroupRecord group;
  group.id = reader.text();
  group.open = reader.number() != 0;
  const std::int64_t now_ms = reader.number();
  reader.texts(texts_);
  group.members.assign(texts_.begin(), texts_.end());
  verbs.createGroup(token, app_id, group, now_ms);
}

void Batch::replayHistory(Token token, std::string_view app_id, Reader& reader, Verbs& verbs) {
  HistoryRange range;
  range.app_id = app_id;
  range.conv_id = reader.text();
  range.from = reader.text();
  range.before = reader.number();
  range.before_exclusive = reader.number() != 0;
  range.before_id = reader.text();
  range.limit = static_cast<int>(reader.number());
  verbs.history(token, range);
}

void Batch::replayOne(Verb verb, Token token, Reader& reader, Verbs& verbs) {
  if (verb == Verb::Append) return replayAppend(token, reader, verbs);
  if (verb == Verb::Expire) return verbs.expire(reader.number());
  if (verb == Verb::ClockJumped) return verbs.clockJumped(reader.number());
  const std::string_view app_id = reader.text();
  switch (verb) {
    case Verb::ConfigureApp: {
      QueueLimits limits;
      limits.offline_messages = static_cast<std::size_t>(reader.number());
      limits.offline_age_ms = reader.number();
      limits.unacknowledged_messages = static_cast<std::size_t>(reader.number());
      return verbs.configureApp(app_id, limits);
    }
    case Verb::Pending: {
      const std::string_view peer_id = reader.text();
      const Sequence after = reader.number();
      const auto limit = static_cast<std::size_t>(reader.number());
      return verbs.pending(token, app_id, peer_id, after, limit, reader.number());
    }
    case Verb::Acknowledge: {
      const std::string_view peer_id = reader.text();
      sequences_.clear();
      for (std::int64_t left = reader.number(); left > 0; --left) {
        sequences_.push_back(reader.number());
      }
      return verbs.acknowledge(app_id, peer_id, sequences_);
    }
    case Verb::CreateGroup: return replayCreateGroup(token, app_id, reader, verbs);
    case Verb::LoadGroup: return verbs.loadGroup(token, app_id, reader.text());
    case Verb::AddMembers:
    case Verb::RemoveMembers: {
      const std::string_view group_id = reader.text();
      reader.texts(texts_);
      if (verb == Verb::AddMembers) return verbs.addMembers(token, app_id, group_id, texts_);
      return verbs.removeMembers(token, app_id, group_id, texts_);
    }
    case Verb::History: return replayHistory(token, app_id, reader, verbs);
    case Verb::Append:
    case Verb::Expire:
    case Verb::ClockJumped: return;
  }
}

}  // namespace kith::storage
