// SPDX-License-Identifier: Apache-2.0
#include "server/core/owned_command.hpp"

namespace kith::core {
namespace {

template <typename Visit>
void eachText(avos::Command& c, Visit visit) {
  for (auto* text : {&c.app_id, &c.peer_id, &c.from_peer_id, &c.by_peer_id, &c.room_id, &c.msg,
                     &c.id, &c.uid, &c.signature, &c.nonce, &c.time_text, &c.reason, &c.dedupe,
                     &c.installation_id, &c.i.text}) {
    visit(*text);
  }
}

template <typename Visit>
void eachList(avos::Command& c, Visit visit) {
  for (auto* list : {&c.session_peer_ids, &c.room_peer_ids, &c.to_peer_ids, &c.ids}) visit(*list);
}

}  // namespace

void OwnedCommand::assign(const avos::Command& command) {
  command_ = command;
  std::size_t bytes = 0;
  std::size_t ids = 0;
  eachText(command_, [&](std::string_view text) { bytes += text.size(); });
  eachList(command_, [&](avos::IdList list) {
    ids += list.size();
    for (const auto id : list) bytes += id.size();
  });
  bytes_.clear();
  ids_.clear();
  // Reserved for all, so that the views into them stay good.
  bytes_.reserve(bytes);
  ids_.reserve(ids);
  eachText(command_, [&](std::string_view& text) { text = keep(text); });
  eachList(command_, [&](avos::IdList& list) { list = keep(list); });
}

std::string_view OwnedCommand::keep(std::string_view text) {
  const std::size_t start = bytes_.size();
  bytes_.append(text);
  return std::string_view(bytes_).substr(start);
}

avos::IdList OwnedCommand::keep(avos::IdList list) {
  const std::size_t start = ids_.size();
  for (const auto id : list) ids_.push_back(keep(id));
  return avos::IdList(ids_).subspan(start);
}

}  // namespace kith::core
