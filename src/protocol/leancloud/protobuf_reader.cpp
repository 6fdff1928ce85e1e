// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/protobuf_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/utf8.hpp"
#include "protocol/leancloud/codec.hpp"
#include "protocol/leancloud/schema.hpp"

namespace kith::leancloud {
namespace {

/// How a value lies on the wire: the low three bits of its tag.
enum class Wire : unsigned { Varint = 0, Fixed64 = 1, Sized = 2, Fixed32 = 5 };

constexpr std::size_t kFixed32 = 4;
constexpr std::size_t kFixed64 = 8;

/// Where it is in the frame. Messages inside of others are read by a call inside of the other's;
/// the schema, not the frame, says how deep that goes.
class Reader {
 public:
  Reader(std::string_view bytes, Arena& arena, Problem& problem)
      : begin_(bytes.data()),
        at_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        arena_(arena),
        problem_(problem) {}

  /// Reads fields until end_.
  template <typename T>
  bool readFields(T& message);

  // One value of a field, after its tag.
  bool take(Wire wire, std::int64_t& value) {
    std::uint64_t bits = 0;
    if (!expect(wire, Wire::Varint) || !varint(bits)) return false;
    value = static_cast<std::int64_t>(bits);
    return true;
  }
  bool take(Wire wire, std::int32_t& value) {
    std::int64_t wide = 0;
    if (!take(wire, wide)) return false;
    value = static_cast<std::int32_t>(wide);
    return true;
  }
  bool take(Wire wire, bool& value) {
    std::int64_t wide = 0;
    if (!take(wire, wide)) return false;
    value = wide != 0;
    return true;
  }
  template <IsEnum E>
  bool take(Wire wire, E& value) {
    std::int32_t number = 0;
    if (!take(wire, number)) return false;
    value = static_cast<E>(number);
    return true;
  }
  bool take(Wire wire, Bytes& value) { return sized(wire, value.data); }
  bool take(Wire wire, std::string_view& value) {
    if (!sized(wire, value)) return false;
    return base::isUtf8(value) || problem_.say("is not UTF-8", offset() - value.size());
  }
  /// A text that people read.
  bool takeProse(Wire wire, std::string_view& value) {
    if (!sized(wire, value)) return false;
    return base::isUtf8(value) || replaceHalves(value) ||
           problem_.say("is not UTF-8", offset() - value.size());
  }
  bool takeProse(Wire wire, Text& value) { return takeProse(wire, value.emplace()); }
  template <IsMessage T>
  bool take(Wire wire, T& message) {
    std::string_view inside;
    if (!sized(wire, inside)) return false;
    const char* const outer = end_;
    at_ = inside.data();
    end_ = at_ + inside.size();
    const bool good = readFields(message);
    end_ = outer;
    return good;
  }
  template <typename T>
  bool take(Wire wire, std::optional<T>& value) {
    return take(wire, value.emplace());
  }
  template <typename T>
  bool take(Wire wire, List<T>& list) {
    if (++elements_ > kListElements) {
      return problem_.say("has, with the other lists, more than 16384 elements", offset());
    }
    return take(wire, arena_.append(list));
  }

 private:
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return problem_.say("ends inside of a number", offset());
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7Fu) << shift;
      if (byte < 0x80) {
        if (shift == 63 && byte > 1) break;
        return true;
      }
    }
    return problem_.say("has a number of more than 64 bits", offset());
  }
  /// False when something else is wrong with the text.
  bool replaceHalves(std::string_view& text) {
    char* const copy = arena_.room<char>(text.size());
    std::memcpy(copy, text.data(), text.size());
    if (!base::replaceSurrogates(copy, text.size())) return false;
    text = {copy, text.size()};
    return true;
  }
  bool sized(Wire wire, std::string_view& bytes) {
    std::uint64_t size = 0;
    if (!expect(wire, Wire::Sized) || !varint(size)) return false;
    if (size > static_cast<std::uint64_t>(end_ - at_)) {
      return problem_.say("is longer than what it is in", offset());
    }
    bytes = {at_, static_cast<std::size_t>(size)};
    at_ += bytes.size();
    return true;
  }
  bool expect(Wire wire, Wire wanted) {
    return wire == wanted || problem_.say("has the wire type of another kind of value", offset());
  }
  bool skipBytes(std::size_t count) {
    if (static_cast<std::size_t>(end_ - at_) < count) {
      return problem_.say("has a field that ends beyond it", offset());
    }
    at_ += count;
    return true;
  }
  bool skip(Wire wire) {
    std::uint64_t ignored = 0;
    std::string_view bytes;
    switch (wire) {
      case Wire::Varint: return varint(ignored);
      case Wire::Fixed64: return skipBytes(kFixed64);
      case Wire::Sized: return sized(wire, bytes);
      case Wire::Fixed32: return skipBytes(kFixed32);
    }
    return problem_.say("has a group, or a wire type that does not exist", offset());
  }

  const char* const begin_;
  const char* at_;
  const char* end_;  ///< of the message that is being read
  Arena& arena_;
  Problem& problem_;
  std::size_t elements_{0};  ///< of lists, so far
};

/// How a field of T is read.
template <typename T>
struct Entry {
  bool (*read)(Reader& reader, Wire wire, T& message){nullptr};
  std::string_view name;
  std::uint64_t bit{0};  ///< its place in the schema
};

template <typename T, std::size_t I>
bool readField(Reader& reader, Wire wire, T& message) {
  constexpr auto& field = kFieldOf<T, I>;
  if constexpr (field.use == Reads::Prose) {
    return reader.takeProse(wire, message.*field.member);
  } else {
    return reader.take(wire, message.*field.member);
  }
}
template <typename T>
bool readBody(Reader& reader, Wire wire, Command& command) {
  return reader.take(wire, command.body.emplace<T>());
}

template <typename T>
constexpr unsigned highestNumber() {
  unsigned highest = 0;
  eachField<T>([&]<std::size_t I>() { highest = kFieldOf<T, I>.number; });
  if constexpr (std::is_same_v<T, Command>) {
    eachBody([&]<typename B>() { highest = std::max(highest, Schema<B>::kBody.number); });
  }
  return highest;
}

/// The fields of T by their numbers.
template <typename T>
constexpr auto kEntries = [] {
  static_assert(kFieldsOf<T> <= 64);
  std::array<Entry<T>, highestNumber<T>() + 1> entries{};
  eachField<T>([&]<std::size_t I>() {
    entries[kFieldOf<T, I>.number] = {&readField<T, I>, kFieldOf<T, I>.name, std::uint64_t{1} << I};
  });
  if constexpr (std::is_same_v<T, Command>) {
    eachBody([&]<typename B>() {
      entries[Schema<B>::kBody.number] = {&readBody<B>, Schema<B>::kBody.name, 0};
    });
  }
  return entries;
}();

template <typename T>
constexpr std::uint64_t kRequired = [] {
  std::uint64_t bits = 0;
  eachField<T>([&]<std::size_t I>() {
    if (kIsRequired<T, I>) bits |= std::uint64_t{1} << I;
  });
  return bits;
}();

template <typename T>
bool nameMissing(std::uint64_t came, std::size_t at, Problem& problem) {
  for (const Entry<T>& entry : kEntries<T>) {
    if ((entry.bit & kRequired<T> & ~came) == 0) continue;
    problem.say("is missing", at);
    return problem.in(Schema<T>::kName, entry.name);
  }
  return true;
}

template <typename T>
bool Reader::readFields(T& message) {
  std::uint64_t came = 0;
  while (at_ != end_) {
    std::uint64_t tag = 0;
    if (!varint(tag)) return problem_.in(Schema<T>::kName, "tag");
    const std::uint64_t number = tag >> 3;
    const auto wire = static_cast<Wire>(tag & 7u);
    if (number == 0 || tag > UINT32_MAX) {
      problem_.say("is no number of a field", offset());
      return problem_.in(Schema<T>::kName, "tag");
    }
    const Entry<T>* entry = number < kEntries<T>.size() ? &kEntries<T>[number] : nullptr;
    if (entry == nullptr || entry->read == nullptr) {
      if (!skip(wire)) return problem_.in(Schema<T>::kName, "unknown field");
      continue;
    }
    if (!entry->read(*this, wire, message)) return problem_.in(Schema<T>::kName, entry->name);
    came |= entry->bit;
  }
  return (kRequired<T> & ~came) == 0 || nameMissing<T>(came, offset(), problem_);
}

}  // namespace

bool readProtobuf(std::string_view bytes, Arena& arena, Command& command, Problem& problem) {
  if (!Reader(bytes, arena, problem).readFields(command)) return false;
  if (command.cmd != Cmd::None) return true;
  // The number of None, which no client may write.
  problem.say("is no command", 0);
  return problem.in(Schema<Command>::kName, "cmd");
}

}  // namespace kith::leancloud
