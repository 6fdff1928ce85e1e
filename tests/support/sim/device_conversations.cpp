// SPDX-License-Identifier: Apache-2.0
// What people do with conversations (kith.json.1), and what they must see of them at rest.
#include <algorithm>
#include <utility>
#include <vector>

#include "support/sim/device.hpp"

namespace kith::sim {
namespace {

Timestamp timestampOf(std::int64_t ms) { return Timestamp(std::chrono::milliseconds(ms)); }

bool isMessage(const LogBook::Row& row) {
  return row.kind == storage::RowKind::Message && !row.deleted;
}

}  // namespace

void Device::actOnConversation(Own& face, std::size_t habit) {
  const std::string group = someGroup();
  const LogBook::Logs& logs = ledger_.logs().logs();
  const auto log = logs.find(group);
  if (log == logs.end() || log->second.empty()) return;
  const LogBook::Row& row = log->second[dice_.below(log->second.size())];
  engine::ClientEngine& engine = life_->engine;
  const Actor me = actor(face);
  switch (habit) {
    case 14: return change(face, group, false);
    case 15: return change(face, group, true);
    case 16: {
      backends::ReadPage page{group, {}};
      page.query.forward = dice_.chance(0.5);
      page.query.limit = static_cast<int>(dice_.between(1, 8));
      if (dice_.chance(0.7)) page.query.from = timestampOf(row.timestamp);
      if (dice_.chance(0.7) && page.query.from != Timestamp{}) page.query.from_id = row.id;
      engine.ask(face.ref, std::move(page), ledger_.begin(OpKind::Page, me), now());
      break;
    }
    case 17:
      engine.ask(face.ref, backends::MarkRead{group, timestampOf(row.timestamp)},
                 ledger_.begin(OpKind::Mark, me), now());
      break;
    default: engine.ask(face.ref, backends::CountUnread{}, ledger_.begin(OpKind::Count, me), now());
  }
  settle();
}

/// A late message of its own that was not taken back.
void Device::change(Own& face, const std::string& group, bool recall) {
  const LogBook::Rows& log = ledger_.logs().logs().at(group);
  const auto mine = std::find_if(log.rbegin(), log.rend(), [&](const LogBook::Row& row) {
    return isMessage(row) && row.from == peerName(face.peer) && row.text.front() != '{' &&
           dice_.chance(0.3);
  });
  if (mine == log.rend()) return;
  const std::uint64_t number = 2000000 + index_ * 100000 + ++edits_;
  const std::string text = recall ? std::string() : LogBook::edit(mine->text, number);
  backends::ChangeMessage change{group, mine->id, timestampOf(mine->timestamp), recall, text};
  if (story_.aloud()) {
    say(peerName(face.peer) + (recall ? " takes back " : " edits ") + mine->text.substr(0, 8));
  }
  const engine::OpId op =
      ledger_.beginEdit(recall ? OpKind::Recall : OpKind::Edit, actor(face), text);
  life_->engine.ask(face.ref, std::move(change), op, now());
  settle();
}

// --- at rest -------------------------------------------------------------------------------------

void Device::readBack(std::size_t index, const std::string& group) {
  backends::ReadPage page{group, {}};
  page.query.forward = true;
  askPage(faces_[index], std::move(page), 0);
  settle();
}

void Device::askPage(Own& face, backends::ReadPage page, std::size_t at) {
  page.query.limit = 7;
  if (plan_.bug == Bug::PageByTimeAlone) page.query.from_id.clear();
  const engine::OpId op = ledger_.begin(OpKind::Page, actor(face));
  reading_[op] = {face.ref, page.id, at};
  life_->engine.ask(face.ref, std::move(page), op, now());
}

void Device::checkPage(engine::OpId op, const engine::Outcome& outcome) {
  const auto found = reading_.find(op);
  if (found == reading_.end()) return;
  const Reading reading = std::move(found->second);
  reading_.erase(found);
  Own* const face = find(reading.ref);
  if (face == nullptr) return;
  const std::string what = name() + ": " + peerName(face->peer) + " reads " + reading.group;
  if (!outcome.result.ok()) {
    return ledger_.fail(Promise::Conversations, what + ": " + outcome.result.error().detail);
  }
  std::vector<const LogBook::Row*> rows;
  for (const LogBook::Row& row : ledger_.logs().logs().at(reading.group)) {
    if (isMessage(row)) rows.push_back(&row);
  }
  std::size_t at = reading.at;
  for (const Message& message : outcome.messages) {
    const bool same = at < rows.size() && rows[at]->id == message.id &&
                      rows[at]->text == message.text && rows[at]->from == message.from;
    if (!same) {
      return ledger_.fail(Promise::Conversations,
                          what + ", and message " + std::to_string(at) + " is not that of the log");
    }
    ++at;
  }
  if (outcome.messages.empty()) {
    if (at == rows.size()) return;
    return ledger_.fail(Promise::Conversations, what + " to its end, and has " +
                                                    std::to_string(at) + " messages of " +
                                                    std::to_string(rows.size()));
  }
  backends::ReadPage next{reading.group, {}};
  next.query.newerThan(outcome.messages.back());
  due_.push_back({reading.ref, std::move(next), at});
  time_.in<&Device::readOn>(0, *this, life_number_);
}

/// The engine is asked for nothing while it tells.
void Device::readOn(std::uint64_t life) {
  if (life_ == nullptr || life != life_number_) return;
  for (Due& due : std::exchange(due_, {})) {
    if (Own* const face = find(due.ref)) askPage(*face, std::move(due.page), due.at);
  }
  settle();
}

void Device::findGroups(std::size_t index) {
  backends::FindConversations find;
  find.query.limit = 100;
  for (const std::string& group : ledger_.groups()) {
    find.query.where += (find.query.where.empty() ? "\"" : ",\"") + group + "\"";
  }
  find.query.where = R"({"objectId":{"$in":[)" + find.query.where + "]}}";
  const engine::OpId op = ledger_.begin(OpKind::Find, actor(faces_[index]));
  finding_.insert(op);
  life_->engine.ask(faces_[index].ref, std::move(find), op, now());
  settle();
}

void Device::checkFound(engine::OpId op, const engine::Outcome& outcome) {
  if (finding_.erase(op) == 0) return;
  if (!outcome.result.ok()) {
    return ledger_.fail(Promise::Conversations,
                        name() + " finds: " + outcome.result.error().detail);
  }
  std::map<std::string, Peers> found;
  for (const ConversationInfo& each : outcome.conversations->found) {
    found[each.id] = peersOf(each.members);
  }
  for (const std::string& group : ledger_.groups()) {
    if (const Peers members = ledger_.membersOf(group); found[group] != members) {
      ledger_.fail(Promise::Membership, name() + " finds that members of " + group + " are " +
                                            namesOf(found[group]) + "; they are " +
                                            namesOf(members));
    }
  }
}

void Device::markAll(std::size_t index, const std::string& group) {
  const LogBook::Rows& log = ledger_.logs().logs().at(group);
  life_->engine.ask(faces_[index].ref, backends::MarkRead{group, timestampOf(log.back().timestamp)},
                    ledger_.begin(OpKind::Mark, actor(faces_[index])), now());
  settle();
}

void Device::countUnread(std::size_t index, UnreadGroups expected) {
  const engine::OpId op = ledger_.begin(OpKind::Count, actor(faces_[index]));
  counting_[op] = std::move(expected);
  life_->engine.ask(faces_[index].ref, backends::CountUnread{}, op, now());
  settle();
}

void Device::checkCounts(engine::OpId op, const engine::Outcome& outcome) {
  const auto found = counting_.find(op);
  if (found == counting_.end()) return;
  const UnreadGroups expected = std::move(found->second);
  counting_.erase(found);
  if (!outcome.result.ok()) {
    return ledger_.fail(Promise::Conversations,
                        name() + " counts: " + outcome.result.error().detail);
  }
  UnreadGroups counted;
  for (const UnreadCount& each : outcome.conversations->unread) {
    counted[each.conversation_id] = {each.count, each.mentioned};
  }
  if (counted == expected) return;
  const auto textOf = [](const UnreadGroups& groups) {
    std::string text;
    for (const auto& [group, unread] : groups) {
      text += ' ' + group + '=' + std::to_string(unread.count);
      if (unread.mentioned) text += " with a mention";
    }
    return text;
  };
  const std::string what =
      name() + " counts unread messages:" + textOf(counted) + "; it should be" + textOf(expected);
  ledger_.fail(Promise::Conversations, what);
}

}  // namespace kith::sim
