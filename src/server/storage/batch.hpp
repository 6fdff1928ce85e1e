// SPDX-License-Identifier: Apache-2.0
// The requests of one turn, copied into one buffer to cross over to the storage's thread. A buffer
// that has grown once is reused, so a warm batch allocates nothing. A request is packed field by
// field, as its list of fields says.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/storage/requests.hpp"
#include "sqlite/packed.hpp"

namespace kith::storage {

using sqlite::Reader;
using sqlite::Writer;

/// Writes the fields of requests; one overload for each type of field.
class FieldWriter {
 public:
  explicit FieldWriter(Writer& out) : out_(out) {}
  void write(std::string_view text) { out_.text(text); }
  template <typename Number, std::enable_if_t<std::is_integral_v<Number>, int> = 0>
  void write(Number number) {
    out_.number(static_cast<std::int64_t>(number));
  }
  template <typename Enum, std::enable_if_t<std::is_enum_v<Enum>, int> = 0>
  void write(Enum value) {
    write(static_cast<std::underlying_type_t<Enum>>(value));
  }
  void write(const SeqRange& range) {
    write(range.conversation);
    write(range.first);
    write(range.last - range.first);
  }
  void write(const AppLimits& limits) {
    write(limits.offline_messages);
    write(limits.offline_age_ms);
    write(limits.unacknowledged_messages);
    write(limits.history_age_ms);
    write(limits.history_messages);
  }
  void write(const PeerRef& peer) {
    write(peer.peer_id);
    write(peer.online);
  }
  template <typename Item>
  void write(std::span<const Item> items) {
    write(items.size());
    for (const Item& item : items) write(item);
  }

 private:
  Writer& out_;
};

/// Reads what a FieldWriter wrote. The lists lie in here until the next clear(), texts in the bytes
/// that were read.
class FieldReader {
 public:
  void from(Reader& in) { in_ = &in; }
  void read(std::string_view& text) { text = in_->text(); }
  template <typename Number, std::enable_if_t<std::is_integral_v<Number>, int> = 0>
  void read(Number& number) {
    number = static_cast<Number>(in_->number());
  }
  template <typename Enum, std::enable_if_t<std::is_enum_v<Enum>, int> = 0>
  void read(Enum& value) {
    value = static_cast<Enum>(in_->number());
  }
  void read(SeqRange& range) {
    read(range.conversation);
    read(range.first);
    read(range.last);
    range.last += range.first;
  }
  void read(AppLimits& limits) {
    read(limits.offline_messages);
    read(limits.offline_age_ms);
    read(limits.unacknowledged_messages);
    read(limits.history_age_ms);
    read(limits.history_messages);
  }
  void read(PeerRef& peer) {
    read(peer.peer_id);
    read(peer.online);
  }
  template <typename Item>
  void read(std::span<const Item>& items) {
    // A request has at most one list of each type (batch.cpp holds it to that).
    auto& list = std::get<std::vector<Item>>(lists_);
    list.resize(static_cast<std::size_t>(in_->number()));
    for (Item& item : list) read(item);
    items = list;
  }

 private:
  Reader* in_{nullptr};
  std::tuple<std::vector<std::string_view>, std::vector<PeerRef>, std::vector<SeqRange>> lists_;
};

class Batch {
 public:
  /// What `request` refers to is copied.
  void add(Token token, const Request& request);
  /// Calls `use(token, request)` for each in the order they were added, each with its own type. The
  /// request lives until the call returns.
  template <typename Use>
  void replay(Use&& use) {
    std::string_view left = bytes_;
    while (!left.empty()) {
      const auto kind = static_cast<std::size_t>(static_cast<unsigned char>(left.front()));
      Reader reader(left.substr(1));
      const auto token = static_cast<Token>(reader.number());
      fields_.from(reader);
      replayOne(kind, token, use, std::make_index_sequence<std::variant_size_v<Request>>{});
      left = reader.rest();
    }
  }
  bool empty() const { return bytes_.empty(); }
  /// Forgets the requests and keeps the memory, up to a bound.
  void clear();

 private:
  template <typename Use, std::size_t... kKinds>
  void replayOne(std::size_t kind, Token token, Use& use, std::index_sequence<kKinds...>) {
    static_cast<void>(((kind == kKinds && (replayAs<kKinds>(token, use), true)) || ...));
  }
  template <std::size_t kKind, typename Use>
  void replayAs(Token token, Use& use) {
    std::variant_alternative_t<kKind, Request> request;
    applyFields([&](auto... field) { (fields_.read(request.*field), ...); },
                typename std::decay_t<decltype(request)>::Fields{});
    use(token, std::as_const(request));
  }

  std::string bytes_;
  FieldReader fields_;
};

}  // namespace kith::storage
