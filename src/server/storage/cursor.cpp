// SPDX-License-Identifier: Apache-2.0
#include "server/storage/cursor.hpp"

#include <algorithm>

#include "sqlite/packed.hpp"

namespace kith::storage {

bool Cursor::covers(Seq seq) const {
  if (seq <= acked_) return true;
  const auto after = std::upper_bound(beyond_.begin(), beyond_.end(), seq,
                                      [](Seq s, const SeqSpan& span) { return s < span.first; });
  return after != beyond_.begin() && seq <= std::prev(after)->last;
}

Seq Cursor::highestOpen(Seq seq) const {
  for (auto span = beyond_.rbegin(); span != beyond_.rend() && span->last >= seq; ++span) {
    if (span->first <= seq) seq = span->first - 1;
  }
  return std::max(seq, acked_);
}

Seq Cursor::lowestOpen(Seq seq) const {
  for (auto span = beyond_.begin(); span != beyond_.end() && span->first <= seq; ++span) {
    seq = std::max(seq, span->last + 1);
  }
  return seq;
}

void Cursor::restart(Seq acked) {
  acked_ = acked;
  beyond_.clear();
}

bool Cursor::acknowledge(SeqSpan rows) {
  if (rows.last <= acked_ || rows.last < rows.first) return false;
  if (rows.first <= acked_ + 1) {
    acked_ = rows.last;
    absorb();
    return true;
  }
  // The spans that it touches, or is next to, become one with it.
  auto first = std::lower_bound(beyond_.begin(), beyond_.end(), rows.first - 1,
                                [](const SeqSpan& span, Seq s) { return span.last < s; });
  auto last = first;
  SeqSpan joined = rows;
  for (; last != beyond_.end() && last->first <= rows.last + 1; ++last) {
    joined = {std::min(joined.first, last->first), std::max(joined.last, last->last),
              joined.outside || last->outside};
  }
  if (last - first == 1 && *first == joined) return false;
  beyond_.insert(beyond_.erase(first, last), joined);
  if (beyond_.size() > kMostSpans) forgetOne();
  return true;
}

void Cursor::forgetOne() {
  const auto highest = std::find_if(beyond_.rbegin(), beyond_.rend(),
                                    [](const SeqSpan& span) { return !span.outside; });
  if (highest != beyond_.rend()) {
    beyond_.erase(std::prev(highest.base()));
  } else {
    acked_ = beyond_.front().last;
    absorb();
  }
}

void Cursor::absorb() {
  auto last = beyond_.begin();
  for (; last != beyond_.end() && last->first <= acked_ + 1; ++last) {
    acked_ = std::max(acked_, last->last);
  }
  beyond_.erase(beyond_.begin(), last);
  if (beyond_.empty()) beyond_.shrink_to_fit();  // most have never more than one hole
}

void Cursor::pack(std::string& out) const {
  sqlite::Writer writer(out);
  Seq from = acked_;
  for (const SeqSpan& span : beyond_) {
    writer.number(span.first - from).number(2 * (span.last - span.first) + (span.outside ? 1 : 0));
    from = span.last;
  }
}

Cursor Cursor::unpack(Seq acked, std::string_view beyond) {
  Cursor cursor(acked);
  sqlite::Reader reader(beyond);
  Seq from = acked;
  while (!reader.atEnd()) {
    SeqSpan span;
    span.first = from + reader.number();
    const std::int64_t length = reader.number();
    span.last = span.first + length / 2;
    span.outside = length % 2 != 0;
    cursor.acknowledge(span);
    from = span.last;
  }
  return cursor;
}

}  // namespace kith::storage
