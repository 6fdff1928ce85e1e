// SPDX-License-Identifier: Apache-2.0
#include "server/storage/absences.hpp"

#include <algorithm>

#include "sqlite/packed.hpp"

namespace kith::storage {

Absences Absences::sinceEver() {
  Absences absences;
  absences.add({0, 0});
  return absences;
}

void Absences::add(Interval interval) {
  if (count_ == kMost) {
    std::move(all_.begin() + 1, all_.end(), all_.begin());
    --count_;
  }
  all_[count_++] = interval;
}

const Absences::Interval* Absences::find(Position position) const {
  for (std::size_t at = count_; at > 0; --at) {
    const Interval& each = all_[at - 1];
    if (each.from < position) return each.to == 0 || position <= each.to ? &each : nullptr;
  }
  return nullptr;
}

void Absences::leave(Position newest) {
  if (!away()) add({newest, 0});
}

// One in which nothing was accepted is none.
void Absences::comeBack(Position newest) {
  if (!away()) return;
  Interval& latest = all_[count_ - 1];
  if (latest.from >= newest) {
    --count_;
  } else {
    latest.to = newest;
  }
}

bool Absences::settle() {
  const std::size_t before = count_;
  if (away()) {
    all_[0] = all_[count_ - 1];
    count_ = 1;
  } else {
    count_ = 0;
  }
  return count_ != before;
}

bool Absences::operator==(const Absences& other) const {
  return std::equal(all_.begin(), all_.begin() + count_, other.all_.begin(),
                    other.all_.begin() + other.count_);
}

void Absences::pack(std::string& out) const {
  sqlite::Writer writer(out);
  for (std::size_t i = 0; i < count_; ++i) {
    writer.number(all_[i].from).number(all_[i].to == 0 ? 0 : all_[i].to - all_[i].from);
  }
}

// Damaged bytes are as good as none: more is kept then.
Absences Absences::unpack(std::string_view bytes) {
  Absences absences;
  sqlite::Reader reader(bytes);
  while (!reader.atEnd() && absences.count_ < kMost) {
    const Position from = reader.number();
    const Position length = reader.number();
    if (from < 0 || length < 0) break;
    absences.add({from, length == 0 ? 0 : from + length});
    if (length == 0) break;
  }
  return absences;
}

}  // namespace kith::storage
