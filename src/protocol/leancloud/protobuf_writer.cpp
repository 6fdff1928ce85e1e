// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/protobuf_writer.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "protocol/leancloud/schema.hpp"

namespace kith::leancloud {
namespace {

constexpr unsigned kVarint = 0;
constexpr unsigned kSized = 2;

constexpr std::size_t varintSize(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// --- sizes, which stand before what they measure ------------------------------------------------

template <IsMessage T>
std::size_t sizeOf(const T& message);

inline std::size_t sizeOf(std::int64_t value) {
  return varintSize(static_cast<std::uint64_t>(value));
}
// A negative one takes ten bytes: it is widened with its sign.
inline std::size_t sizeOf(std::int32_t value) { return sizeOf(std::int64_t{value}); }
inline std::size_t sizeOf(bool) { return 1; }
template <IsEnum E>
std::size_t sizeOf(E value) {
  return sizeOf(static_cast<std::int32_t>(value));
}
inline std::size_t sizeOf(std::string_view text) { return text.size(); }
inline std::size_t sizeOf(const Bytes& bytes) { return bytes.data.size(); }

template <typename V>
constexpr bool kIsSized =
    IsMessage<V> || std::is_same_v<V, Bytes> || std::is_same_v<V, std::string_view>;

/// With its tag and, where it has one, its length.
template <unsigned kNumber, typename V>
std::size_t fieldSize(const V& value) {
  const std::size_t tag = varintSize(std::uint64_t{kNumber} << 3);
  if constexpr (kIsOptional<V>) {
    return value ? fieldSize<kNumber>(*value) : 0;
  } else if constexpr (kIsList<V>) {
    std::size_t size = 0;
    for (const auto& element : value) size += fieldSize<kNumber>(element);
    return size;
  } else if constexpr (kIsSized<V>) {
    const std::size_t size = sizeOf(value);
    return tag + varintSize(size) + size;
  } else {
    return tag + sizeOf(value);
  }
}

template <IsMessage T>
std::size_t sizeOf(const T& message) {
  std::size_t size = 0;
  eachField<T>([&]<std::size_t I>() {
    size += fieldSize<kFieldOf<T, I>.number>(message.*kFieldOf<T, I>.member);
  });
  return size;
}

// --- bytes --------------------------------------------------------------------------------------

/// Writes where sizeOf() has measured.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}

  template <unsigned kNumber, typename V>
  void field(const V& value) {
    if constexpr (kIsOptional<V>) {
      if (value) field<kNumber>(*value);
    } else if constexpr (kIsList<V>) {
      for (const auto& element : value) field<kNumber>(element);
    } else if constexpr (kIsSized<V>) {
      varint(std::uint64_t{kNumber} << 3 | kSized);
      varint(sizeOf(value));
      put(value);
    } else {
      varint(std::uint64_t{kNumber} << 3 | kVarint);
      varint(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    }
  }
  template <IsMessage T>
  void put(const T& message) {
    eachField<T>(
        [&]<std::size_t I>() { field<kFieldOf<T, I>.number>(message.*kFieldOf<T, I>.member); });
  }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<char>(value | 0x80u);
    *at_++ = static_cast<char>(value);
  }
  void put(const Bytes& bytes) { put(bytes.data); }
  void put(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  char* at_;
};

/// Calls `visit.template operator()<number>(member)` for what is written of a command.
template <typename Visit>
void eachMember(const Command& command, bool shared, Visit&& visit) {
  eachField<Command>([&]<std::size_t I>() {
    constexpr auto& field = kFieldOf<Command, I>;
    if (I == kPeerIdField && shared) return;
    visit.template operator()<field.number>(command.*field.member);
  });
  std::visit(
      [&]<typename T>(const T& body) {
        if constexpr (IsMessage<T>) visit.template operator()<Schema<T>::kBody.number>(body);
      },
      command.body);
}

char* grow(std::string& out, std::size_t bytes) {
  const std::size_t before = out.size();
  out.resize(before + bytes);
  return out.data() + before;
}

}  // namespace

void writeProtobuf(const Command& command, bool shared, std::string& out) {
  std::size_t size = 0;
  eachMember(command, shared,
             [&]<unsigned kNumber>(const auto& value) { size += fieldSize<kNumber>(value); });
  Pen pen(grow(out, size));
  eachMember(command, shared,
             [&]<unsigned kNumber>(const auto& value) { pen.field<kNumber>(value); });
}

void writeProtobufPeer(std::string_view peer_id, std::string& out) {
  constexpr unsigned kNumber = kFieldOf<Command, kPeerIdField>.number;
  Pen(grow(out, fieldSize<kNumber>(peer_id))).field<kNumber>(peer_id);
}

}  // namespace kith::leancloud
