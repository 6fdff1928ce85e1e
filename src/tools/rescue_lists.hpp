// SPDX-License-Identifier: Apache-2.0
// The part of an export that asks about each conversation: silenced, barred, subscribers. Goes to
// `lists.jsonl`. One thread.
#pragma once

#include <kith/result.hpp>

#include <string>

#include "rescue/list_pages.hpp"
#include "tools/rescue_export.hpp"

namespace kith::tools {

class ListExport {
 public:
  explicit ListExport(const ExportRun& run) : run_(run) {}

  Result<void> run();

 private:
  /// All lists of a conversation, from the one on that was under way.
  Result<void> askAbout(rescue::Part& part, GrowingFile& file,
                        const rescue::ConversationRow& conversation);
  Result<void> pageThrough(rescue::Part& part, GrowingFile& file,
                           const rescue::ConversationRow& conversation, const std::string& list);

  const ExportRun& run_;
};

}  // namespace kith::tools
