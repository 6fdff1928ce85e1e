// SPDX-License-Identifier: Apache-2.0
#include "client/session_slots.hpp"

#include <algorithm>
#include <utility>

#include "client/session_impl.hpp"

namespace kith::client {
namespace {

constexpr std::size_t kKeptCapacity = 1024;
constexpr base::Millis kQuiet{1000};

}  // namespace

SessionSlots::~SessionSlots() { clear(); }

void SessionSlots::clear() {
  latest_ = nullptr;
  const base::HashIndex<Slot> all = std::exchange(slots_, {});
  all.each([](Slot& slot) { const std::unique_ptr<Slot> goes(&slot); });
}

void SessionSlots::add(const std::shared_ptr<SessionImpl>& session) {
  auto slot = std::make_unique<Slot>();
  slot->session = session;
  slots_.add(base::hashNumber(session->ref()), slot.release());
}

SessionSlots::Slot* SessionSlots::find(SessionRef ref) {
  if (latest_ == nullptr || latest_->session->ref() != ref) {
    Slot* found = slots_.find(base::hashNumber(ref),
                              [ref](const Slot& slot) { return slot.session->ref() == ref; });
    if (found == nullptr) return nullptr;
    latest_ = found;
  }
  return latest_;
}

void SessionSlots::remove(SessionRef ref) {
  const std::unique_ptr<Slot> goes(find(ref));
  if (goes == nullptr) return;
  latest_ = nullptr;
  slots_.remove(base::hashNumber(ref), goes.get());
  slots_.shrink();
  if (dropped_.size() > slots_.size() + 64) {
    std::erase_if(dropped_, [](const auto& weak) { return weak.expired(); });
  }
  dropped_.push_back(goes->session);
}

std::vector<Item>* SessionSlots::staging(SessionRef ref) {
  Slot* slot = find(ref);
  if (slot == nullptr) return nullptr;
  if (!std::exchange(slot->touched, true)) touched_.push_back(ref);
  return &slot->staged;
}

void SessionSlots::stageEvent(SessionRef ref, Event&& event) {
  std::vector<Item>* staged = staging(ref);
  if (staged == nullptr) return;
  staged->emplace_back(std::in_place_type<EventItem>, std::move(event), latest_->epoch);
}

void SessionSlots::nextEpoch(SessionRef ref) {
  if (Slot* slot = find(ref)) ++slot->epoch;
}

bool SessionSlots::deliver(base::Millis now) {
  // An executor may run callbacks inside this loop. They reach the backend through the queue only,
  // never in here, but let us not bet the iteration on it.
  std::vector<SessionRef> touched = std::exchange(spare_, {});
  touched.swap(touched_);
  bool fits = true;
  for (const SessionRef ref : touched) {
    Slot* slot = find(ref);
    if (slot == nullptr) continue;
    slot->touched = false;
    const bool busy = isBusy(ref, *slot, now);
    if (!slot->session->deliver(slot->staged, busy)) fits = false;
    if (!busy) slot->staged.shrink_to_fit();
  }
  touched.clear();
  if (touched.capacity() <= kKeptCapacity) spare_ = std::move(touched);
  return fits;
}

/// Items came twice within a second, so there will be more: their memory is kept until it is quiet.
bool SessionSlots::isBusy(SessionRef ref, Slot& slot, base::Millis now) {
  const base::Millis before = std::exchange(slot.last_delivery, now);
  if (now - before >= kQuiet) return false;
  if (!std::exchange(slot.keeps_items, true)) busy_.push_back(ref);
  return true;
}

bool SessionSlots::trim(base::Millis now) {
  std::erase_if(busy_, [&](SessionRef ref) {
    Slot* slot = find(ref);
    if (slot == nullptr) return true;
    if (now - slot->last_delivery < kQuiet) return false;
    slot->keeps_items = false;
    slot->staged.shrink_to_fit();
    slot->session->trim();
    return true;
  });
  if (!busy_.empty()) return false;
  busy_.shrink_to_fit();
  spare_.shrink_to_fit();
  return true;
}

std::vector<std::shared_ptr<SessionImpl>> SessionSlots::strands() {
  std::vector<std::shared_ptr<SessionImpl>> all;
  slots_.each([&](Slot& slot) { all.push_back(slot.session); });
  for (const auto& weak : dropped_) {
    if (auto session = weak.lock()) all.push_back(std::move(session));
  }
  return all;
}

}  // namespace kith::client
