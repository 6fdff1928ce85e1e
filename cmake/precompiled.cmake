# SPDX-License-Identifier: Apache-2.0
# Headers that nearly every file includes, compiled once: a fifth of the time of a test's file. Off as
# shipped and in the preset release, so that a file that forgets an include is found in every run.

set(KITH_COMMON_HEADERS
  <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <deque> <functional> <initializer_list> <map>
  <memory> <mutex> <optional> <set> <span> <string> <string_view> <tuple> <unordered_map> <utility> <variant>
  <vector>)

# kith_precompiled_owner(<name> PIC <option> [HEADERS <more>] [LINK <targets>]): an object library that
# compiles them with the flags of the targets that use them, down to how their code may be moved.
function(kith_precompiled_owner name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PIC" "HEADERS;LINK")
  set(empty ${PROJECT_BINARY_DIR}/generated/${name}.cpp)
  file(CONFIGURE OUTPUT ${empty} CONTENT "")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${empty})
  kith_flags(${name})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE ${arg_PIC})
  if(NOT BUILD_SHARED_LIBS)
    target_compile_definitions(${name} PRIVATE KITH_STATIC)
  endif()
  target_link_libraries(${name} PRIVATE ${arg_LINK} Threads::Threads)
  target_precompile_headers(${name} PRIVATE ${KITH_COMMON_HEADERS} ${arg_HEADERS})
endfunction()

if(KITH_PRECOMPILED_HEADERS)
  kith_precompiled_owner(kith_room_headers PIC -fPIC)
  if(KITH_BUILD_TESTS)
    kith_precompiled_owner(kith_test_headers PIC -fPIE
      HEADERS ${PROJECT_SOURCE_DIR}/tests/support/catch.hpp LINK Catch2::Catch2WithMain)
    target_compile_options(kith_test_headers PRIVATE $<$<CONFIG:Debug>:-O0>)
  endif()
endif()

# kith_precompiled(<target> <owner>)
function(kith_precompiled target owner)
  if(KITH_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} REUSE_FROM ${owner})
    # ccache sees through a precompiled header only where the preprocessor leaves a note of it.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
endfunction()
