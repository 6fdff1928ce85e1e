// SPDX-License-Identifier: Apache-2.0
#include "support/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t taken = 0;

void* takeIfAny(std::size_t size) noexcept {
  ++taken;
  return std::malloc(size == 0 ? 1 : size);
}
void* take(std::size_t size) {
  if (void* memory = takeIfAny(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return takeIfAny(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return takeIfAny(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace kith::testing {

std::size_t allocations() { return taken; }

}  // namespace kith::testing
