// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/codec.hpp"

#include <kith/limits.hpp>

#include "base/text_codes.hpp"
#include "protocol/leancloud/arena.hpp"
#include "protocol/leancloud/json_reader.hpp"
#include "protocol/leancloud/json_tape.hpp"
#include "protocol/leancloud/json_writer.hpp"
#include "protocol/leancloud/problem.hpp"
#include "protocol/leancloud/protobuf_reader.hpp"
#include "protocol/leancloud/protobuf_writer.hpp"

namespace kith::leancloud {

std::optional<Subprotocol> parseSubprotocol(std::string_view name) {
  constexpr std::pair<std::string_view, Encoding> kEncodings[]{
      {"lc.protobuf2.", Encoding::Protobuf},
      {"lc.proto2base64.", Encoding::Base64},
      {"lc.json.", Encoding::Json}};
  for (const auto& [beginning, encoding] : kEncodings) {
    if (!name.starts_with(beginning) || name.size() != beginning.size() + 1) continue;
    const int mode = name.back() - '0';
    if (mode < 1 || mode > 3) break;
    return Subprotocol{encoding, mode};
  }
  return std::nullopt;
}

// --- Decoder ------------------------------------------------------------------------------------

struct Decoder::State {
  bool base64(std::string_view frame, Command& command) {
    char* const bytes = arena.room<char>(base::mostBase64Bytes(frame.size()));
    const auto size = base::readBase64(frame, bytes);
    if (!size) return problem.say("is not base64", 0);
    return readProtobuf({bytes, *size}, arena, command, problem);
  }
  bool json(std::string_view frame, Command& command) {
    return tape.read(frame, limits::kJsonDepth, arena, problem) &&
           readJson(frame, tape.nodes(), arena, command, problem);
  }
  bool read(Encoding encoding, std::string_view frame, Command& command) {
    switch (encoding) {
      case Encoding::Protobuf: return readProtobuf(frame, arena, command, problem);
      case Encoding::Base64: return base64(frame, command);
      case Encoding::Json: break;
    }
    return json(frame, command);
  }

  Arena arena;
  JsonTape tape;
  Problem problem;
};

Decoder::Decoder() : state_(std::make_unique<State>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<Command> Decoder::decode(Encoding encoding, std::string_view frame) {
  state_->arena.reset();
  state_->problem = {};
  Result<Command> result{Command{}};
  if (!state_->read(encoding, frame, *result)) result = state_->problem.error();
  return result;
}

// --- Encoder ------------------------------------------------------------------------------------

struct Encoder::State {
  /// What is kept of the scratch memory between frames.
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  /// Appends `scratch` as base64.
  void finishBase64(std::string& out) {
    base::appendBase64(scratch, out);
    if (scratch.capacity() > kKeptBytes) scratch = {};
    scratch.clear();
  }

  std::string scratch;  ///< protobuf that becomes base64; empty between frames
  JsonWriter json;
};

Encoder::Encoder() : state_(std::make_unique<State>()) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

void Encoder::encode(const Command& command, Encoding encoding, std::string& out) {
  switch (encoding) {
    case Encoding::Protobuf: return writeProtobuf(command, false, out);
    case Encoding::Base64:
      writeProtobuf(command, false, state_->scratch);
      return state_->finishBase64(out);
    case Encoding::Json: return state_->json.write(command, out);
  }
}

void Encoder::encodeShared(const Command& command, Encoding encoding, std::string& shared) {
  shared.clear();
  if (encoding == Encoding::Json) return state_->json.writeShared(command, shared);
  writeProtobuf(command, true, shared);
}

void Encoder::complete(std::string_view shared, Encoding encoding, std::string_view peer_id,
                       std::string& out) {
  // Fields may come in any order: the receiver's is the first.
  switch (encoding) {
    case Encoding::Protobuf: writeProtobufPeer(peer_id, out); break;
    case Encoding::Base64:
      writeProtobufPeer(peer_id, state_->scratch);
      state_->scratch += shared;
      return state_->finishBase64(out);
    case Encoding::Json: JsonWriter::writePeer(peer_id, out); break;
  }
  out += shared;
}

}  // namespace kith::leancloud
