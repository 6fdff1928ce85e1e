# SPDX-License-Identifier: Apache-2.0
# Finds third parties. Each is used by one room only, see docs/house-plan.md.

# kith_require(<find_package arguments> APT <Debian package>): find_package that names the cure.
macro(kith_require package apt)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "kith needs ${package}, which was not found. "
                        "On Debian: apt-get install ${apt} (or run scripts/install-deps)")
  endif()
endmacro()

set(THREADS_PREFER_PTHREAD_FLAG ON)
kith_require(Threads libc6-dev)
kith_require(OpenSSL libssl-dev)
kith_require(CURL libcurl4-openssl-dev)
kith_require(libwebsockets libwebsockets-dev CONFIG)
if(NOT TARGET websockets_shared)
  message(FATAL_ERROR "kith needs the shared libwebsockets. On Debian: apt-get install libwebsockets-dev")
endif()
kith_require(SQLite3 libsqlite3-dev)
if(KITH_BUILD_TOOLS OR KITH_BUILD_EXAMPLES)
  kith_require(CLI11 libcli11-dev CONFIG)
endif()
if(KITH_BUILD_TOOLS)
  kith_require(ZLIB zlib1g-dev)
endif()
if(KITH_BUILD_TESTS)
  kith_require(Catch2 catch2 CONFIG)
endif()
if(KITH_BUILD_BENCHMARKS)
  # Only kith_micro needs it.
  find_package(benchmark CONFIG QUIET)
endif()

# RapidJSON has no target of its own; it is compile-time only and must be a system header.
find_path(KITH_RAPIDJSON_INCLUDE_DIR rapidjson/reader.h)
mark_as_advanced(KITH_RAPIDJSON_INCLUDE_DIR)
if(NOT KITH_RAPIDJSON_INCLUDE_DIR)
  message(FATAL_ERROR "kith needs RapidJSON, which was not found. "
                      "On Debian: apt-get install rapidjson-dev (or run scripts/install-deps)")
endif()
add_library(kith_rapidjson INTERFACE)
target_include_directories(kith_rapidjson SYSTEM INTERFACE ${KITH_RAPIDJSON_INCLUDE_DIR})

# A superproject that links a static kith must see these targets from its own folder.
foreach(target Threads::Threads OpenSSL::SSL OpenSSL::Crypto CURL::libcurl websockets_shared
               SQLite::SQLite3)
  if(TARGET ${target})
    set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
  endif()
endforeach()
