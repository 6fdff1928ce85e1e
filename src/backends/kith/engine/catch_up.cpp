// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/catch_up.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace kith::engine {
namespace {

using leancloud::Cmd;
using leancloud::Command;
using leancloud::Op;

/// Times of different conversations come in their order but for so much: a change has the time at
/// which it was asked for, and shows when it is committed, which takes a while on a busy disk.
constexpr std::int64_t kOverlap = 60'000;
constexpr std::size_t kRemembered = 256;
constexpr std::size_t kHeld = 1000;
constexpr int kPages = 20;

/// The group whose members it is about; null: it is other news.
const std::string* groupOf(const News& news) {
  if (const auto* changed = std::get_if<MembersChanged>(&news.event)) return &changed->group_id;
  if (const auto* invited = std::get_if<GroupInvited>(&news.event)) return &invited->group_id;
  if (const auto* left = std::get_if<GroupLeft>(&news.event)) return &left->group_id;
  return nullptr;
}

}  // namespace

void CatchUp::opened(std::int64_t time, bool resumed, base::Instant now) {
  if (time == 0) return forget();
  const bool went_back = unsure_ || time + kOverlap < upto_;
  if (!resumed || upto_ == 0 || went_back) {
    forget();
    // What came before is in what the application reads at an opening, and is not news behind that.
    upto_ = forgotten_ = time;
    if (resumed && went_back) tellThatSomeIsMissing(time);
    return;
  }
  since_ = std::max(upto_ - kOverlap, forgotten_);
  next_ = time;
  pages_ = 0;
  missed_ = false;
  ask(Step::Changes, since_, now);
}

void CatchUp::ask(Step step, std::int64_t since, base::Instant now) {
  step_ = step;
  asked_ = since;
  unmatch(since);
  tag_ = context_.mux.nextTag();
  Command command;
  command.peer_id = context_.peer;
  if (step == Step::Changes) {
    leancloud::ConvCommand body;
    body.time = since;
    command.cmd = Cmd::Conv;
    command.op = Op::Status;
    command.body = body;
  } else {
    leancloud::PatchCommand body;
    body.last_patch_time = since;
    command.cmd = Cmd::Patch;
    command.body = body;
  }
  context_.mux.request(context_.requester, tag_, command, now);
}

// What has not been told is asked for once more: upto_ is what it was. Standings have no time.
void CatchUp::lost() {
  step_ = Step::Idle;
  for (News& news : std::exchange(held_, {})) {
    if (news.time == 0) context_.notify(std::move(news.event));
  }
}

void CatchUp::forget() {
  step_ = Step::Idle;
  upto_ = forgotten_ = 0;
  unsure_ = false;
  oldest_ = 0;
  told_ = {};
  held_ = {};
}

void CatchUp::tell(News&& news) {
  if (step_ == Step::Idle) {
    remember(news, false);
    return context_.notify(std::move(news.event));
  }
  held_.push_back(std::move(news));
  if (held_.size() < kHeld) return;
  missed_ = true;
  finish();
}

void CatchUp::know(const News& left) {
  remember(left, false);
  const std::string* const group = groupOf(left);
  std::erase_if(held_, [&](const News& news) {
    const std::string* const other = groupOf(news);
    return group != nullptr && other != nullptr && *group == *other;
  });
}

bool CatchUp::answer(const Request& request, const Command& command, base::Instant now) {
  if (step_ == Step::Idle || request.tag != tag_) return false;
  const auto* const conv = command.as<leancloud::ConvCommand>();
  if (step_ == Step::Changes && conv != nullptr && command.op == Op::Status) {
    changesTold(*conv, now);
  } else if (step_ == Step::Edits && command.as<leancloud::PatchCommand>() != nullptr) {
    editsTold(command);
  } else {
    missed_ = true;
    finish();
  }
  return true;
}

bool CatchUp::refuse(const Request& request) {
  if (step_ == Step::Idle || request.tag != tag_) return false;
  missed_ = true;
  finish();
  return true;
}

void CatchUp::changesTold(const leancloud::ConvCommand& told, base::Instant now) {
  std::vector<News> news;
  std::int64_t last = 0;
  const std::int32_t flags = told.flag.value_or(0);
  const bool readable = told.results && readChanges(told.results->text, context_.peer, news, last);
  missed_ = missed_ || !readable || (flags & leancloud::kSomeMissing) != 0;
  next_ = std::max(next_, told.time.value_or(0));
  tellMissed(std::move(news));
  const bool more = readable && (flags & leancloud::kMoreBehind) != 0;
  if (!more) return ask(Step::Edits, since_, now);
  // A page may end between two changes of one time.
  const std::int64_t since = last - 1 > asked_ ? last - 1 : last;
  if (since > asked_ && ++pages_ < kPages) return ask(Step::Changes, since, now);
  missed_ = true;
  ask(Step::Edits, since_, now);
}

void CatchUp::editsTold(const Command& command) {
  tellMissed(newsOf(command, context_.peer));
  missed_ = missed_ || !command.as<leancloud::PatchCommand>()->last_patch_time;
  finish();
}

// News of a group have its order, live and in an answer, which begins where this peer came in last.
// So what stands before one that was told is of a time that is over.
void CatchUp::tellMissed(std::vector<News>&& all) {
  std::vector<std::string> told;
  std::vector<bool> untold(all.size());
  for (std::size_t at = 0; at < all.size(); ++at) untold[at] = !wasTold(all[at]);
  for (std::size_t at = all.size(); at-- > 0;) {
    const std::string* const group = groupOf(all[at]);
    if (group == nullptr) continue;
    const bool is_over = std::find(told.begin(), told.end(), *group) != told.end();
    if (!untold[at] && !is_over) told.push_back(*group);
    if (!untold[at] || !is_over) continue;
    remember(all[at], step_ != Step::Idle);
    untold[at] = false;
  }
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (!untold[at]) continue;
    remember(all[at], step_ != Step::Idle);
    context_.notify(std::move(all[at].event));
  }
}

void CatchUp::finish() {
  step_ = Step::Idle;
  if (missed_) tellThatSomeIsMissing(since_);
  upto_ = std::max(upto_, next_);
  unmatch(0);
  tellMissed(std::exchange(held_, {}));
}

void CatchUp::tellThatSomeIsMissing(std::int64_t since) {
  context_.notify(EventsMissed{Timestamp{std::chrono::milliseconds{since}}});
}

bool CatchUp::wasTold(const News& news) {
  if (news.time == 0) return false;
  const auto same = std::find_if(told_.begin(), told_.end(), [&](const Told& told) {
    return !told.matched && told.key == news.key && told.time == news.time;
  });
  if (same == told_.end()) return false;
  same->matched = true;
  return true;
}

void CatchUp::unmatch(std::int64_t since) {
  for (Told& told : told_) told.matched = told.matched && told.time <= since;
}

void CatchUp::remember(const News& news, bool matched) {
  if (news.time == 0 || upto_ == 0) return;
  if (step_ == Step::Idle) {
    unsure_ = unsure_ || news.time + kOverlap < upto_;
    upto_ = std::max(upto_, news.time);
  }
  if (told_.size() < kRemembered) return told_.push_back({news.time, news.key, matched});
  forgotten_ = std::max(forgotten_, told_[oldest_].time);
  told_[oldest_] = {news.time, news.key, matched};
  oldest_ = (oldest_ + 1) % kRemembered;
}

}  // namespace kith::engine
