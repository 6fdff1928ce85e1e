// SPDX-License-Identifier: Apache-2.0
#include <kith/typed_message.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace kith;

namespace {

std::string formatted(const TypedMessage& message) {
  const Result<std::string> text = formatTyped(message);
  INFO((text.ok() ? "" : text.error().detail));
  REQUIRE(text.ok());
  return *text;
}

std::string fault(const TypedMessage& message) {
  const Result<std::string> text = formatTyped(message);
  REQUIRE_FALSE(text.ok());
  CHECK(text.error().code == Errc::InvalidArgument);
  return text.error().detail.substr(0, text.error().detail.find(':'));
}

}  // namespace

TEST_CASE("typed message: words, with what the application adds") {
  TypedMessage message;
  message.text = "Hello \"you\"";
  CHECK(formatted(message) == R"({"_lctype":-1,"_lctext":"Hello \"you\""})");
  message.attributes = R"({"a":[1,{"b":null}],"c":1.50})";
  const std::string text = formatted(message);
  CHECK(text ==
        R"({"_lctype":-1,"_lctext":"Hello \"you\"","_lcattrs":{"a":[1,{"b":null}],"c":1.50}})");
  const TypedMessage read = parseTyped(text).value();
  CHECK(read.type == message_type::kText);
  CHECK(read.text == message.text);
  CHECK(read.attributes == message.attributes);
  CHECK_FALSE(read.file);
  CHECK_FALSE(read.location);
}

TEST_CASE("typed message: a picture as the vendor's SDKs write it") {
  const TypedMessage read =
      parseTyped(
          R"({"_lctype":-2,"_lctext":"a cat","_lcfile":{"objId":"54699d87e4b0a56c64f470a4",)"
          R"("url":"https://example.org/cat.jpg","metaData":{"name":"cat.jpg","format":"jpg",)"
          R"("height":768,"width":1024.5,"size":18},"new":true},"_lcnew":[1]})")
          .value();
  REQUIRE(read.file);
  CHECK(read.type == message_type::kImage);
  CHECK(read.file->object_id == "54699d87e4b0a56c64f470a4");
  CHECK(read.file->url == "https://example.org/cat.jpg");
  CHECK(read.file->name == "cat.jpg");
  CHECK(read.file->format == "jpg");
  CHECK(read.file->size == 18);
  CHECK(read.file->width == 1024.5);
  CHECK(read.file->height == 768);
  CHECK(formatted(read) ==
        R"({"_lctype":-2,"_lctext":"a cat","_lcfile":{"objId":"54699d87e4b0a56c64f470a4",)"
        R"("url":"https://example.org/cat.jpg","metaData":{"name":"cat.jpg","format":"jpg",)"
        R"("size":18,"width":1024.5,"height":768}}})");
}

TEST_CASE("typed message: sounds, films, files and places read back as they were") {
  for (const int type : {message_type::kAudio, message_type::kVideo, message_type::kFile}) {
    TypedMessage message;
    message.type = type;
    message.file = MessageFile{};
    message.file->url = "https://example.org/1";
    message.file->duration = 1.1;
    message.file->size = std::int64_t{1} << 40;
    const TypedMessage read = parseTyped(formatted(message)).value();
    CHECK(read.type == type);
    CHECK(read.file->url == message.file->url);
    CHECK(read.file->duration == 1.1);
    CHECK(read.file->size == std::int64_t{1} << 40);
  }
  TypedMessage place;
  place.type = message_type::kLocation;
  place.location = MessageLocation{31.753658, -117.5};
  CHECK(formatted(place) == R"({"_lctype":-5,"_lcloc":{"latitude":31.753658,"longitude":-117.5}})");
  CHECK(parseTyped(formatted(place))->location->longitude == -117.5);
}

TEST_CASE("typed message: what is recalled, and types of the application") {
  CHECK(parseTyped(R"({"_lctype":-127})")->type == message_type::kRecalled);
  const TypedMessage own = parseTyped(R"({"_lctype":7,"hp":3})").value();
  CHECK(own.type == 7);
  CHECK(formatted(own) == R"({"_lctype":7})");
}

TEST_CASE("typed message: what is not whole is left out, the words stay") {
  for (const char* text :
       {R"({"_lctype":-2,"_lctext":"x","_lcfile":{"metaData":{}}})",
        R"({"_lctype":-2,"_lctext":"x","_lcfile":"no"})",
        R"({"_lctype":-5,"_lctext":"x","_lcloc":{"latitude":1}})",
        R"({"_lctype":-5,"_lctext":"x","_lcloc":{"latitude":"1","longitude":1}})",
        R"({"_lctype":-1,"_lctext":"x","_lcattrs":[]})"}) {
    INFO(text);
    const TypedMessage read = parseTyped(text).value();
    CHECK(read.text == "x");
    CHECK_FALSE(read.file);
    CHECK_FALSE(read.location);
    CHECK(read.attributes.empty());
  }
}

TEST_CASE("typed message: a text that is none says so") {
  for (const char* text :
       {"", "hello", "[]", "-1", "{}", R"({"_lctype":"-1"})", R"({"_lctype":1.5})",
        R"({"_lctype":null})", R"({"_lctype":99999999999})", R"({"_lctype":-1)"}) {
    INFO(text);
    const Result<TypedMessage> read = parseTyped(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == Errc::InvalidArgument);
  }
}

TEST_CASE("typed message: what cannot be written names its field") {
  TypedMessage message;
  message.text = "\xff";
  CHECK(fault(message) == "text");
  message.text.clear();
  for (const char* attributes : {"[]", "{", "1", "{\"a\":1}}"}) {
    message.attributes = attributes;
    CHECK(fault(message) == "attributes");
  }
  message.attributes.clear();
  for (const int type : {-2, -3, -4, -6}) {
    message.type = type;
    CHECK(fault(message) == "file");
  }
  message.file = MessageFile{};
  CHECK(fault(message) == "file.url");
  message.file->url = "x";
  message.file->name = "\xff";
  CHECK(fault(message) == "file.name");
  message.file->name.clear();
  message.file->size = -1;
  CHECK(fault(message) == "file.size");
  message.file->size = 0;
  message.file->width = std::numeric_limits<double>::infinity();
  CHECK(fault(message) == "file.width");
  message = {};
  message.type = message_type::kLocation;
  CHECK(fault(message) == "location");
  message.location = MessageLocation{90.5, 0};
  CHECK(fault(message) == "location.latitude");
  message.location = MessageLocation{0, std::nan("")};
  CHECK(fault(message) == "location.longitude");
}
