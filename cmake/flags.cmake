# SPDX-License-Identifier: Apache-2.0
# kith_flags(<target>): language level, warnings, sanitizers and the like, on one target of ours.

if(KITH_CCACHE)
  find_program(KITH_CCACHE_PROGRAM ccache)
  mark_as_advanced(KITH_CCACHE_PROGRAM)
endif()
if(KITH_CLANG_TIDY)
  find_program(KITH_CLANG_TIDY_PROGRAM NAMES clang-tidy-14 clang-tidy)
  mark_as_advanced(KITH_CLANG_TIDY_PROGRAM)
  if(NOT KITH_CLANG_TIDY_PROGRAM)
    message(FATAL_ERROR "KITH_CLANG_TIDY is ON but clang-tidy was not found. "
                        "On Debian: apt-get install clang-tidy")
  endif()
endif()

function(kith_flags target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
    $<$<CXX_COMPILER_ID:Clang>:-Werror=thread-safety>
    $<$<BOOL:${KITH_WERROR}>:-Werror>)
  if(KITH_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${KITH_SANITIZE} -fno-omit-frame-pointer)
    # The linker driver does not know clang's compile-only sanitizer.
    string(REPLACE "fuzzer-no-link," "" link_sanitize "${KITH_SANITIZE}")
    target_link_options(${target} PRIVATE -fsanitize=${link_sanitize})
    if(KITH_SANITIZE MATCHES "undefined")
      target_compile_options(${target} PRIVATE -fno-sanitize-recover=undefined)
    endif()
  endif()
  if(KITH_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage)
    target_link_options(${target} PRIVATE --coverage)
  endif()
  if(KITH_HARDEN)
    target_compile_options(${target} PRIVATE -fstack-protector-strong -fstack-clash-protection
                                             -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
    target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now,-z,noexecstack)
  endif()
  if(KITH_CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(launcher ${KITH_CCACHE_PROGRAM})
    if(KITH_PRECOMPILED_HEADERS)
      set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${launcher})
    endif()
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "${launcher}")
  endif()
endfunction()
