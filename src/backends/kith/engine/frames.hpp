// SPDX-License-Identifier: Apache-2.0
// Frames as the client writes them (avos-v1 §4), and how many ids fit into one. Pure functions; the
// frames view their arguments.
#pragma once

#include <kith/error.hpp>
#include <kith/message.hpp>
#include <kith/signature.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/avos/frame.hpp"

namespace kith::engine {

/// A request of `peer`; serial and app are filled in where it is sent.
avos::Frame frameFrom(std::string_view peer, const avos::Body& body);
/// What a message says that an original server does not know.
bool needsKithd(const Message& message);
/// The answer to what needs kithd, where there is an original server.
const Error& notSupported();

/// Memory that the frame of a message points into, kept for the next one.
struct DirectScratch {
  std::vector<std::string_view> to;
  std::vector<std::string_view> mentions;
  std::string base64;
};
/// How a message is written (avos-v1 §4.2). The frame points into it and the scratch.
avos::Frame directFrame(std::string_view peer, const Message& message, std::string_view client_id,
                        DirectScratch& scratch);

/// What a refusal says, and the words for one that says nothing.
Error errorOf(const std::optional<avos::Reason>& why);
/// A refusal of what was about the conversation `id`: a temporary one that is not there is over.
Error errorAbout(std::string_view id, const Error& error);
/// Nothing when it is no refusal.
std::optional<Error> refusalIn(const avos::Frame& frame);
/// Nothing without a signature.
std::optional<avos::SignatureFields> fieldsOf(const Signature* signature);

/// The end of the longest run of `ids` from `first` on that leaves the frame below
/// limits::kFrameBytes beside `other_bytes` of ids; at least one id when there is one.
std::size_t endOfPart(const std::vector<std::string>& ids, std::size_t first,
                      std::size_t other_bytes);
std::size_t endOfPartOf(avos::IdList ids, std::size_t first, std::size_t other_bytes);

}  // namespace kith::engine
