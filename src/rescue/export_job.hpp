// SPDX-License-Identifier: Apache-2.0
// The vendor's own export of classes: a job that is asked for, waited for and downloaded as one
// archive (leancloud-current §9). Pure; any thread.
#pragma once

#include <kith/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kith::rescue {

inline constexpr std::string_view kJobTarget = "/1.1/exportData";

struct Job {
  std::string id;
  std::string status;  ///< `running`, `done`, or a word for a failure
  std::string url;     ///< of the archive, once it is done
};

/// What is posted to kJobTarget.
std::string jobBody(const std::vector<std::string>& classes);
/// Where to ask how far it is.
std::string jobTarget(std::string_view id);
/// ProtocolError when the answer is about no job.
Result<Job> jobIn(std::string_view body);

}  // namespace kith::rescue
