// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/frames.hpp"

#include <kith/limits.hpp>

#include <algorithm>

#include "base/close_codes.hpp"
#include "base/text_codes.hpp"

namespace kith::engine {
namespace {

// Keys, op, `i`, and a signature with a nonce of up to 128 bytes.
constexpr std::size_t kEnvelope = 512;

/// Bytes of `text` as a JSON string with its comma, or more.
std::size_t quotedBytes(std::string_view text) {
  std::size_t bytes = 3;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      bytes += 2;
    } else {
      bytes += static_cast<unsigned char>(c) < 0x20 ? 6 : 1;
    }
  }
  return bytes;
}

template <typename Ids>
std::size_t endOfRun(const Ids& ids, std::size_t first, std::size_t other_bytes) {
  const std::size_t room = limits::kFrameBytes - std::min(limits::kFrameBytes, other_bytes);
  // A byte grows to six at the most, so that a few ids need not be looked at.
  std::size_t most = kEnvelope;
  for (std::size_t i = first; i < ids.size(); ++i) most += ids[i].size() * 6 + 3;
  if (most <= room) return ids.size();

  std::size_t bytes = kEnvelope + other_bytes;
  std::size_t end = first;
  while (end < ids.size()) {
    bytes += quotedBytes(ids[end]);
    if (bytes > limits::kFrameBytes && end > first) break;
    ++end;
  }
  return end;
}

}  // namespace

avos::Frame frameFrom(std::string_view peer, const avos::Body& body) {
  return {{}, {}, peer, body};
}

bool needsKithd(const Message& message) {
  return message.binary || message.mention_all || !message.mentions.empty();
}

const Error& notSupported() {
  static const Error error{
      Errc::NotSupported, 0,
      "the server speaks the first protocol alone, which has no such command; kithd has it", false};
  return error;
}

avos::Frame directFrame(std::string_view peer, const Message& message, std::string_view client_id,
                        DirectScratch& scratch) {
  avos::Direct direct;
  direct.text = message.text;
  direct.binary = message.binary;
  if (message.binary) {
    scratch.base64.clear();
    base::appendBase64(message.text, scratch.base64);
    direct.text = scratch.base64;
  }
  // One of the two and never both: iOS takes any `roomId` for a group message (§16.8).
  if (message.group_id.empty()) {
    scratch.to.assign(message.to.begin(), message.to.end());
    direct.to = avos::IdList(scratch.to);
  } else {
    direct.room = message.group_id;
  }
  scratch.mentions.assign(message.mentions.begin(), message.mentions.end());
  direct.mentions = scratch.mentions;
  direct.mention_all = message.mention_all;
  direct.transient = message.transient;
  if (!message.transient) {
    direct.receipt_wanted = message.receipt;
    direct.dedupe = client_id;
  }
  return {{}, {}, peer, direct};
}

Error errorOf(const std::optional<avos::Reason>& why) {
  if (!why) return {Errc::Rejected, 0, "the server refused without saying why", false};
  return base::errorFromServer(static_cast<int>(why->code), why->text);
}

Error errorAbout(std::string_view id, const Error& error) {
  const bool over = error.server_code == base::kConversationNotFound && base::isTemporaryId(id);
  return over ? base::errorFromServer(base::kTemporaryConversationExpired, {}) : error;
}

std::optional<Error> refusalIn(const avos::Frame& frame) {
  if (const auto* failure = frame.as<avos::Failure>()) return errorOf(failure->why);
  if (const auto* error = frame.as<avos::SessionError>()) return errorOf(error->why);
  if (const auto* reject = frame.as<avos::RoomReject>()) return errorOf(reject->why);
  return {};
}

std::optional<avos::SignatureFields> fieldsOf(const Signature* signature) {
  if (signature == nullptr) return {};
  return avos::SignatureFields{signature->signature, signature->nonce, signature->timestamp, {}};
}

std::size_t endOfPart(const std::vector<std::string>& ids, std::size_t first,
                      std::size_t other_bytes) {
  return endOfRun(ids, first, other_bytes);
}

std::size_t endOfPartOf(avos::IdList ids, std::size_t first, std::size_t other_bytes) {
  return endOfRun(ids, first, other_bytes);
}

}  // namespace kith::engine
