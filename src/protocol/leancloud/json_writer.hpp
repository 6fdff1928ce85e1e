// SPDX-License-Identifier: Apache-2.0
// Writes the flat JSON encoding, driven by the schema. Not shared between threads. Private to the
// codec.
#pragma once

#include <string>
#include <string_view>

#include "protocol/leancloud/arena.hpp"
#include "protocol/leancloud/json_tape.hpp"
#include "protocol/leancloud/messages.hpp"

namespace kith::leancloud {

class JsonWriter {
 public:
  /// Appends the frame.
  void write(const Command& command, std::string& out);
  /// Appends all of it but `peerId` and what stands before that.
  void writeShared(const Command& command, std::string& out);
  /// Appends what writeShared() left out.
  static void writePeer(std::string_view peer_id, std::string& out);

  /// Appends a JSON value that comes from somewhere else; quoted, when it is none or is nested
  /// too deep for a frame.
  void writeJson(std::string_view json, std::string& out);

 private:
  JsonTape tape_;  ///< tells whether a text is JSON
  Arena arena_;
};

}  // namespace kith::leancloud
