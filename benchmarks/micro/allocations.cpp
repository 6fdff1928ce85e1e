// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/micro/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t taken = 0;

void* take(std::size_t size) {
  ++taken;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace kith::bench {

std::uint64_t allocations() { return taken; }

}  // namespace kith::bench
