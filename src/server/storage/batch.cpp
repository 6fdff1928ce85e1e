// SPDX-License-Identifier: Apache-2.0
#include "server/storage/batch.hpp"

namespace kith::storage {
namespace {

// A burst must not keep its memory for ever.
constexpr std::size_t kKeptBytes = 4u * 1024 * 1024;

static_assert(std::variant_size_v<Request> < 256, "the kind of a request is a byte");

template <typename Field, typename Owner, typename List>
constexpr std::size_t isList(Field Owner::*, List*) {
  return std::is_same_v<Field, List> ? 1 : 0;
}

template <typename List, typename... Requests>
constexpr bool atMostOne(const std::variant<Requests...>*) {
  const auto count = [](auto... field) {
    return (std::size_t{0} + ... + isList(field, static_cast<List*>(nullptr)));
  };
  return ((applyFields(count, typename Requests::Fields{}) <= 1) && ...);
}

constexpr const Request* kRequests = nullptr;
static_assert(atMostOne<std::span<const std::string_view>>(kRequests) &&
                  atMostOne<std::span<const PeerRef>>(kRequests) &&
                  atMostOne<std::span<const SeqRange>>(kRequests),
              "a FieldReader has one list of each type");

}  // namespace

void Batch::add(Token token, const Request& request) {
  bytes_.push_back(static_cast<char>(request.index()));
  Writer writer(bytes_);
  writer.number(static_cast<std::int64_t>(token));
  FieldWriter fields(writer);
  std::visit(
      [&](const auto& one) {
        applyFields([&](auto... field) { (fields.write(one.*field), ...); },
                    typename std::decay_t<decltype(one)>::Fields{});
      },
      request);
}

void Batch::clear() {
  if (bytes_.capacity() > kKeptBytes) {
    std::string().swap(bytes_);
  } else {
    bytes_.clear();
  }
}

}  // namespace kith::storage
