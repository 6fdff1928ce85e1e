// SPDX-License-Identifier: Apache-2.0
#include "server/hub/owned_command.hpp"

namespace kith::hub {
namespace {

template <typename Visit>
void eachText(wire::Command& c, Visit visit) {
  for (auto* text : {&c.app_id, &c.peer_id, &c.from_peer_id, &c.by_peer_id, &c.room_id, &c.msg,
                     &c.id, &c.uid, &c.signature, &c.nonce, &c.time_text, &c.reason, &c.dedupe,
                     &c.installation_id, &c.i.text}) {
    visit(*text);
  }
}

template <typename Visit>
void eachList(wire::Command& c, Visit visit) {
  for (auto* list : {&c.session_peer_ids, &c.room_peer_ids, &c.to_peer_ids, &c.ids}) visit(*list);
}

}  // namespace

void OwnedCommand::assign(const wire::Command& command) {
  command_ = command;
  std::size_t bytes = 0;
  std::size_t ids = 0;
  eachText(command_, [&](std::string_view text) { bytes += text.size(); });
  eachList(command_, [&](wire::IdList list) {
    ids += list.size();
    for (const auto id : list) bytes += id.size();
  });
  bytes_.clear();
  ids_.clear();
  // Reserved for all, so that the views into them stay good.
  bytes_.reserve(bytes);
  ids_.reserve(ids);
  eachText(command_, [&](std::string_view& text) { text = keep(text); });
  eachList(command_, [&](wire::IdList& list) { list = keep(list); });
}

std::string_view OwnedCommand::keep(std::string_view text) {
  const std::size_t start = bytes_.size();
  bytes_.append(text);
  return std::string_view(bytes_).substr(start);
}

wire::IdList OwnedCommand::keep(wire::IdList list) {
  const std::size_t start = ids_.size();
  for (const auto id : list) ids_.push_back(keep(id));
  return wire::IdList(ids_).subspan(start);
}

}  // namespace kith::hub
