// SPDX-License-Identifier: Apache-2.0
// How far an export is: what is written beside the data after each page, so that a run that was
// killed anywhere can be taken up where the data is whole; and what the folder says of itself.
// Pure; plain data.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rescue/class_pages.hpp"
#include "rescue/message_pages.hpp"

namespace kith::rescue {

/// What the vendor would not give.
struct Refusal {
  std::string what;  ///< `classes/_User`, `messages`, `files/<objectId>`, `conversations/<id>`
  int status{0};
  int code{0};
  std::string reason;

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// One file of the folder that grows line by line.
struct Part {
  std::string name;  ///< `classes/<Class>`, `messages`, `lists`, `files` or `job`
  bool done{false};
  /// Bytes of the file that are whole: what is behind them was being written.
  std::int64_t bytes{0};
  std::int64_t rows{0};
  ClassCursor scan;        ///< of a class
  MessageCursor messages;  ///< of messages, or of those of the conversation under way
  std::string earliest;    ///< least `createdAt` of a class, for estimates
  std::int64_t newest{0};  ///< timestamps of messages, 0 = none yet
  std::int64_t oldest{0};
  std::int64_t position{0};    ///< of what is read line by line: how far, in bytes
  std::int64_t file_bytes{0};  ///< of the downloaded files
  std::int64_t refused{0};     ///< how often something of it was refused

  friend bool operator==(const Part&, const Part&) = default;
};

struct State {
  std::string app;
  std::string server;
  std::string started;   ///< as formatTime() writes it
  std::string finished;  ///< empty = it is under way
  /// `app` or `conversation`: how messages are asked for.
  std::string by{"app"};
  MessageRange range;
  std::vector<Part> parts;
  /// The first kMostRefusals of them; Part::refused counts all.
  std::vector<Refusal> refusals;

  /// The part with this name, made if there is none. The reference holds until the next is made.
  Part& part(std::string_view name);
  const Part* find(std::string_view name) const;
  void refuse(Part& part, Refusal refusal);
  /// Before a part that was refused as a whole is asked for again.
  void forgetRefusals(Part& part);

  friend bool operator==(const State&, const State&) = default;
};

inline constexpr std::size_t kMostRefusals = 100;

/// One line of JSON with its end.
std::string formatState(const State& state);
/// ProtocolError when it is not what formatState() writes.
Result<State> parseState(std::string_view text);

/// The text of `export.json`: what the folder holds.
std::string formatManifest(const State& state);
/// What `export.json` says, as far as a check needs it: everything but the cursors.
Result<State> parseManifest(std::string_view text);

}  // namespace kith::rescue
