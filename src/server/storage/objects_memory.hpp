// SPDX-License-Identifier: Apache-2.0
// Objects of one app in memory, as text, with two orders beside them. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "server/storage/objects_requests.hpp"
#include "server/storage/text_map.hpp"

namespace kith::storage {

/// Bytes of the objects of one app that a memory storage keeps.
inline constexpr std::size_t kMemoryObjectBytes = 64u * 1024 * 1024;

class MemoryObjects {
 public:
  Result<ObjectRecord> execute(const CreateObject& request);
  Result<ObjectRecord> execute(const UpdateObject& request);
  Result<Changed> execute(const DeleteObject& request);
  Result<ObjectRecord> execute(const GetObject& request) const;
  Result<objects::FoundObjects> execute(const FindObjects& request) const;

 private:
  using Order = std::set<std::pair<std::int64_t, std::string_view>>;  ///< times and ids
  struct Class {
    TextMap<objects::Object> objects;
    Order created;
    Order updated;
  };

  Class* findClass(std::string_view name, bool make);
  const Class* findClass(std::string_view name) const;
  bool isFull(std::size_t more) const { return bytes_ + more > kMemoryObjectBytes; }

  TextMap<Class> classes_;
  std::size_t bytes_{0};
};

}  // namespace kith::storage
