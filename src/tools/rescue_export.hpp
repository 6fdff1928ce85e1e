// SPDX-License-Identifier: Apache-2.0
// kith rescue export: page after page out of the vendor's service into a folder (docs/rescue.md).
// After each page the state is written, so that a run that ends anywhere is taken up there. One
// thread.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "rescue/state.hpp"
#include "tools/rescue_folder.hpp"
#include "tools/rescue_progress.hpp"
#include "tools/vendor_api.hpp"

namespace kith::tools {

/// What all parts of an export work with. It outlives them.
struct ExportRun {
  const RescueFolder& folder;
  rescue::State& state;
  VendorApi& api;
  RescueProgress& progress;

  /// Writes the state: what it says is whole has to be on the disk.
  Result<void> save() const;
};

struct ExportPlan {
  std::vector<std::string> classes;
  bool classes_named{false};  ///< one that is not there is then a refusal
  std::size_t limit{1000};    ///< rows of a page
};

class RescueExport {
 public:
  RescueExport(const ExportRun& run, ExportPlan plan) : run_(run), plan_(std::move(plan)) {}

  /// Classes and messages of the plan that are not done yet. What is refused is noted in the state,
  /// and the rest goes on.
  Result<void> run();

 private:
  using Target = std::function<std::string(const rescue::MessageCursor& cursor, std::size_t limit)>;

  /// Objects that the vendor says there are, for estimates; 0 = it does not say.
  Result<double> countOf(const std::string& name);
  Result<void> exportClass(const std::string& name);
  Result<GrowingFile> openClass(const rescue::Part& part, const std::string& name);
  Result<void> takeClassPage(rescue::Part& part, GrowingFile& file, const rescue::ClassPage& page);
  /// After an answer that is no page. True when the scan begins anew.
  Result<bool> scanRefused(rescue::Part& part, const rescue::Answer& answer, bool again);
  Result<void> exportMessages();
  Result<void> exportConversations(rescue::Part& part, GrowingFile& file);
  /// Messages until there are no more. What is refused is noted as `what`.
  Result<void> pageThrough(rescue::Part& part, GrowingFile& file, const Target& target,
                           const std::string& what, bool* refused);
  /// How much of the messages is done, at most.
  double fractionOf(const rescue::Part& part) const;

  const ExportRun& run_;
  ExportPlan plan_;
};

}  // namespace kith::tools
