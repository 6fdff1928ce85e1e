// SPDX-License-Identifier: Apache-2.0
#include "stress/ledger.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

namespace kith::stress {
namespace {

constexpr int kRemarks = 10;

struct Place {
  std::uint32_t line{0};
  std::uint32_t number{0};
};

std::string textOf(Place place) {
  return std::to_string(place.line) + ' ' + std::to_string(place.number);
}

Place placeOf(const std::string& text) {
  Place place;
  const char* const end = text.data() + text.size();
  const auto line = std::from_chars(text.data(), end, place.line);
  if (line.ptr != end) std::from_chars(line.ptr + 1, end, place.number);
  return place;
}

std::uint64_t keyOf(Place place) { return std::uint64_t{place.line} << 32 | place.number; }

}  // namespace

Line Ledger::add(std::uint32_t sender, std::vector<std::uint32_t> receivers, int group) {
  return waiter_.look([&] {
    Account& account = accounts_.emplace_back();
    account.sender = sender;
    account.group = group;
    for (const std::uint32_t receiver : receivers) account.sights.push_back({receiver, {}, -1});
    if (group >= 0 && groups_.size() <= static_cast<std::size_t>(group)) {
      groups_.resize(static_cast<std::size_t>(group) + 1);
    }
    return static_cast<Line>(accounts_.size() - 1);
  });
}

std::string Ledger::begin(Line line) {
  return waiter_.look([&] {
    Account& account = accounts_[line];
    account.fates.push_back(Fate::Open);
    for (Sight& sight : account.sights) sight.seen.push_back(0);
    ++open_;
    ++totals_.all.sent;
    return textOf({line, static_cast<std::uint32_t>(account.fates.size() - 1)});
  });
}

void Ledger::completed(const std::string& text, bool accepted, bool may_have_arrived) {
  const Place place = placeOf(text);
  bool wake = false;
  const auto write = [&] {
    Account& account = accounts_[place.line];
    Fate& fate = account.fates[place.number];
    if (fate != Fate::Open) {
      ++totals_.all.completed_twice;
      return remark("completed twice: " + text);
    }
    fate = accepted ? Fate::Accepted : may_have_arrived ? Fate::Unknown : Fate::Refused;
    --open_;
    ++(accepted ? totals_.all.acked : totals_.all.failed);
    if (accepted) {
      totals_.all.owed += account.sights.size();
      for (const Sight& sight : account.sights) totals_.shown_founded += sight.seen[place.number];
    }
    wake = settled() || totals_.all.acked == wake_at_acked_;
  };
  waiter_.look(write);
  if (wake) waiter_.change([] {});
}

void Ledger::shown(std::uint32_t receiver, const std::string& text, const std::string& note) {
  const Place place = placeOf(text);
  bool wake = false;
  const auto write = [&] {
    ++totals_.all.shown;
    if (place.line >= accounts_.size() || place.number >= accounts_[place.line].fates.size()) {
      ++totals_.all.unfounded;
      return remark("shown but never sent: " + text);
    }
    Account& account = accounts_[place.line];
    const auto sight = std::find_if(account.sights.begin(), account.sights.end(),
                                    [&](const Sight& one) { return one.receiver == receiver; });
    if (sight == account.sights.end() && receiver == account.sender) {
      ++totals_.all.echoes;
      return;
    }
    if (sight == account.sights.end()) {
      ++totals_.all.unfounded;
      return remark("shown to the wrong peer " + std::to_string(receiver) + ": " + text);
    }
    if (sight->seen[place.number] != 0) {
      ++totals_.all.twice;
      return remark("shown twice to " + std::to_string(receiver) + ": " + text.substr(0, 24) +
                    "; last there was " + std::to_string(sight->last) + ", " + note);
    }
    sight->seen[place.number] = 1;
    if (static_cast<std::int64_t>(place.number) < sight->last) {
      ++totals_.all.out_of_order;
      remark("out of order to " + std::to_string(receiver) + ": " + text.substr(0, 24) + " after " +
             std::to_string(sight->last) + ", " + note);
    }
    sight->last = std::max<std::int64_t>(sight->last, place.number);
    if (account.fates[place.number] == Fate::Accepted) ++totals_.shown_founded;
    if (account.group >= 0) {
      auto& views = groups_[static_cast<std::size_t>(account.group)];
      auto view = std::find_if(views.begin(), views.end(),
                               [&](const View& one) { return one.receiver == receiver; });
      if (view == views.end()) view = views.insert(views.end(), View{receiver, {}});
      view->messages.push_back(keyOf(place));
    }
    wake = settled();
  };
  waiter_.look(write);
  if (wake) waiter_.change([] {});
}

bool Ledger::waitAcked(std::uint64_t count, std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  std::uint64_t wanted = 0;
  waiter_.look([&] { wake_at_acked_ = wanted = totals_.all.acked + count; });
  return waiter_.untilTime(std::min(until, testing::globalDeadline()),
                           [&] { return totals_.all.acked >= wanted; });
}

bool Ledger::waitSettled() {
  return waiter_.until([this] { return settled(); });
}

LedgerTotals Ledger::totals() {
  return waiter_.look([this] { return totals_.all; });
}

std::size_t Ledger::heldBytes() {
  return waiter_.look([this] {
    std::size_t bytes = 0;
    for (const Account& account : accounts_) {
      bytes += account.fates.capacity();
      for (const Sight& sight : account.sights) bytes += sight.seen.capacity();
    }
    for (const auto& views : groups_) {
      for (const View& view : views) bytes += view.messages.capacity() * sizeof(std::uint64_t);
    }
    return bytes;
  });
}

std::string Ledger::remarks() {
  return waiter_.look([this] { return remarks_; });
}

void Ledger::remark(const std::string& what) {
  if (++remark_count_ <= kRemarks) remarks_ += "  " + what + '\n';
}

LedgerTotals Ledger::audit() {
  return waiter_.look([this] {
    LedgerTotals totals = totals_.all;
    for (Line line = 0; line < accounts_.size(); ++line) auditAccount(line, totals);
    for (const auto& views : groups_) auditGroup(views, totals);
    return totals;
  });
}

void Ledger::auditAccount(Line line, LedgerTotals& totals) {
  const Account& account = accounts_[line];
  for (std::uint32_t number = 0; number < account.fates.size(); ++number) {
    const Fate fate = account.fates[number];
    if (fate == Fate::Open) {
      ++totals.never_completed;
      remark("never completed: " + textOf({line, number}));
    }
    for (const Sight& sight : account.sights) {
      const bool seen = sight.seen[number] != 0;
      if (fate == Fate::Accepted && !seen) {
        ++totals.lost;
        remark("lost for " + std::to_string(sight.receiver) + ": " + textOf({line, number}));
      } else if (fate == Fate::Refused && seen) {
        ++totals.unfounded;
        remark("refused but shown: " + textOf({line, number}));
      }
    }
  }
}

/// Any two members saw what both of them saw in the same order (contract 2).
void Ledger::auditGroup(const std::vector<View>& views, LedgerTotals& totals) {
  for (std::size_t i = 0; i + 1 < views.size(); ++i) {
    const auto& a = views[i].messages;
    const auto& b = views[i + 1].messages;
    const std::unordered_set<std::uint64_t> in_a(a.begin(), a.end());
    const std::unordered_set<std::uint64_t> in_b(b.begin(), b.end());
    std::vector<std::uint64_t> both_a;
    std::vector<std::uint64_t> both_b;
    for (const auto key : a) {
      if (in_b.count(key) > 0) both_a.push_back(key);
    }
    for (const auto key : b) {
      if (in_a.count(key) > 0) both_b.push_back(key);
    }
    if (both_a == both_b) continue;
    ++totals.out_of_order;
    remark("members " + std::to_string(views[i].receiver) + " and " +
           std::to_string(views[i + 1].receiver) + " saw their group in different orders");
  }
}

}  // namespace kith::stress
