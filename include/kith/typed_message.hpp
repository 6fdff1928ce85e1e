// SPDX-License-Identifier: Apache-2.0
// What the texts of the vendor's SDKs hold (leancloud-current §7): pictures, sounds, places, files.
// A typed message is JSON in Message::text, which the service does not look into. Plain data; copy
// it freely, on any thread.
#pragma once

#include <kith/export.hpp>
#include <kith/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kith {

/// `_lctype` of the types that every SDK knows. Applications have positive numbers of their own.
namespace message_type {
/// Words.
inline constexpr int kText = -1;
/// A picture: has a file.
inline constexpr int kImage = -2;
/// A sound: has a file.
inline constexpr int kAudio = -3;
/// A film: has a file.
inline constexpr int kVideo = -4;
/// A place: has a location.
inline constexpr int kLocation = -5;
/// Any file.
inline constexpr int kFile = -6;
/// What stands where a message was that its sender took back.
inline constexpr int kRecalled = -127;
}  // namespace message_type

/// The file of a message, by its address: the bytes are somewhere else (`_lcfile`).
struct MessageFile {
  /// Where it can be had; not empty.
  std::string url;
  /// Its id in the class `_File`; empty = it has none there.
  std::string object_id{};
  /// Its name for people; empty = unknown, as all below that are 0.
  std::string name{};
  /// What kind of file, `jpg` for example, or a MIME type.
  std::string format{};
  /// In bytes.
  std::int64_t size{0};
  /// Of a picture or film, in pixels.
  double width{0};
  /// See `width`.
  double height{0};
  /// Of a sound or film, in seconds.
  double duration{0};
};

/// A place on the earth, in degrees (`_lcloc`).
struct MessageLocation {
  /// North of the equator, -90 to 90.
  double latitude{0};
  /// East of Greenwich, -180 to 180.
  double longitude{0};
};

/// One typed message.
struct TypedMessage {
  /// `_lctype`: see message_type.
  int type{message_type::kText};
  /// The words, or what is written below a picture (`_lctext`).
  std::string text{};
  /// What the application adds, as a JSON object (`_lcattrs`); empty = nothing.
  std::string attributes{};
  /// Needed by picture, sound, film and file.
  std::optional<MessageFile> file{};
  /// Needed by a location.
  std::optional<MessageLocation> location{};
};

/// The text of a Message that says this, as the SDKs write it. Errors: InvalidArgument names the
/// field that is missing, out of range, not UTF-8, or no JSON.
/// Thread: any. Blocks: never. Callback: none. Lifetime: copies its arguments.
KITH_EXPORT Result<std::string> formatTyped(const TypedMessage& message);

/// What the text of a Message says. Members that are not known are skipped, and so is a file or a
/// location that is not whole, so that a type that is newer than this library can still be shown by
/// its words. Errors: InvalidArgument for a text that is no typed message: no JSON object, or one
/// without a whole number `_lctype`.
/// Thread: any. Blocks: never. Callback: none. Lifetime: copies its arguments.
KITH_EXPORT Result<TypedMessage> parseTyped(std::string_view text);

}  // namespace kith
