// SPDX-License-Identifier: Apache-2.0
// What can be asked of a storage about another service's data. As in requests.hpp, of which this is
// a part. What is there by its id stays, so that an import that is begun anew changes nothing.
#pragma once

#include <string_view>

#include "server/storage/field_list.hpp"
#include "server/storage/import_rows.hpp"

namespace kith::storage {

/// Messages that were said elsewhere, of each conversation the oldest first. They are history: none
/// of them waits for a member, or counts as unread. One that is there gets the row's text, unless
/// it was edited or deleted here. Time never falls in a log, so that a message that is older than
/// the newest row of its conversation is not taken.
struct ImportMessages {
  using Reply = Imported;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view rows;  ///< ImportedMessage, packed
  bool look{false};       ///< changes nothing, and says what would become of them

  using Fields = FieldList<&ImportMessages::app_id, &ImportMessages::rows, &ImportMessages::look>;
};

/// Conversations with their members. One that is there has the members of the row until something
/// was said or changed in it here.
struct ImportConversations {
  using Reply = Imported;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view rows;  ///< ImportedConversation, packed
  bool look{false};

  using Fields = FieldList<&ImportConversations::app_id, &ImportConversations::rows,
                           &ImportConversations::look>;
};

/// What peers are in conversations, members or not. As members, it follows the other service until
/// the conversation is used here; what a row does not name stays.
struct ImportStandings {
  using Reply = Imported;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view rows;  ///< ImportedStanding, packed
  bool look{false};

  using Fields =
      FieldList<&ImportStandings::app_id, &ImportStandings::rows, &ImportStandings::look>;
};

/// Objects of a class that is not that of conversations. One that is there, and older than its row,
/// becomes what the row says, unless it was changed here.
struct ImportObjects {
  using Reply = Imported;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view class_name;
  std::string_view rows;  ///< ImportedObject, packed
  bool look{false};

  using Fields = FieldList<&ImportObjects::app_id, &ImportObjects::class_name, &ImportObjects::rows,
                           &ImportObjects::look>;
};

}  // namespace kith::storage
