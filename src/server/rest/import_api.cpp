// SPDX-License-Identifier: Apache-2.0
#include "server/rest/import_api.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "json/json_writer.hpp"

namespace kith::rest {
namespace {

constexpr std::uint64_t kImportBody = 1024u * 1024;
/// Lines that an answer names, and characters of what it says of each.
constexpr std::size_t kNamedFaults = 100;
constexpr std::size_t kFaultChars = 200;

std::string formatFaults(const std::vector<storage::ImportFault>& faults) {
  std::string list = "[";
  for (std::size_t i = 0; i < std::min(faults.size(), kNamedFaults); ++i) {
    if (i > 0) list += ',';
    json::JsonWriter fault;
    fault.integer("line", faults[i].line).text("why", faults[i].why.substr(0, kFaultChars));
    list += fault.finish();
  }
  return list + ']';
}

}  // namespace

std::vector<Route> ImportApi::routes() {
  return {
      {"POST", "/1.1/kith/import/messages", Who::Master, kImportBody,
       [this](const Request& request) { return messages(request); }},
      {"POST", "/1.1/kith/import/lists", Who::Master, kImportBody,
       [this](const Request& request) { return standings(request); }},
      {"POST", "/1.1/kith/import/classes/{}", Who::Master, kImportBody,
       [this](const Request& request) { return objects(request); }},
  };
}

template <typename Make>
ImportApi::Answer ImportApi::begin(const Request& request, ImportedRows rows, Make make) {
  if (rows.lines > kImportLines) {
    return refuse(413, 413, "more than " + std::to_string(kImportLines) + " lines are not taken");
  }
  const auto packed = std::make_shared<const std::string>(std::move(rows.packed));
  const bool look = request.call.arg("look") == "1";
  const std::string app_id = request.app->id;
  return calls_.ask<storage::Imported>(
      request, packed->size(),
      [make, packed, look, app_id](storage::Storage& storage, storage::Token token) {
        storage.submit(token, make(app_id, *packed, look));
      },
      [this, app_id, faults = std::move(rows.faults)](storage::Imported& result) {
        return finish(app_id, faults, result);
      });
}

IsOnline ImportApi::presenceIn(const Request& request) {
  return [this, app_id = request.app->id](std::string_view peer) {
    return host_.isOnline(app_id, peer);
  };
}

ImportApi::Answer ImportApi::messages(const Request& request) {
  return begin(request,
               readMessages(request.body, base::systemNow().wall.count(), presenceIn(request)),
               [](std::string_view app_id, std::string_view rows, bool look) {
                 return storage::ImportMessages{app_id, rows, look};
               });
}

ImportApi::Answer ImportApi::standings(const Request& request) {
  return begin(request, readStandings(request.body, presenceIn(request)),
               [](std::string_view app_id, std::string_view rows, bool look) {
                 return storage::ImportStandings{app_id, rows, look};
               });
}

ImportApi::Answer ImportApi::objects(const Request& request) {
  const std::string name(request.names.front());
  // The class is what the conversations say of their members.
  if (name == "_ConversationMemberInfo") return standings(request);
  if (name == storage::kConversationsClass || name == storage::kGroupsClass) {
    return begin(
        request,
        readConversations(request.body, base::systemNow().wall.count(), presenceIn(request)),
        [](std::string_view app_id, std::string_view rows, bool look) {
          return storage::ImportConversations{app_id, rows, look};
        });
  }
  return begin(request, readObjects(request.body, name),
               [name](std::string_view app_id, std::string_view rows, bool look) {
                 return storage::ImportObjects{app_id, name, rows, look};
               });
}

net::HttpReply ImportApi::finish(std::string_view app_id, std::vector<storage::ImportFault> faults,
                                 storage::Imported& result) {
  for (const std::string& id : result.members_changed) host_.conversationChanged(app_id, id);
  faults.insert(faults.end(), std::make_move_iterator(result.faults.begin()),
                std::make_move_iterator(result.faults.end()));
  json::JsonWriter answer;
  answer.integer("added", result.added).integer("changed", result.changed);
  answer.integer("present", result.present).integer("kept", result.kept);
  answer.integer("late", result.late).integer("orphans", result.orphans);
  answer.integer("refused", static_cast<std::int64_t>(faults.size()));
  return jsonReply(answer.raw("faults", formatFaults(faults)).finish());
}

}  // namespace kith::rest
