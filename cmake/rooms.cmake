# SPDX-License-Identifier: Apache-2.0
# The words in which the CMakeLists.txt of rooms, programs and tests are written.

# What every test program runs under; the sanitizers must not forgive anything.
set(KITH_TEST_ENVIRONMENT
  "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan_suppressions.txt")
if(KITH_SANITIZE MATCHES "thread")
  list(APPEND KITH_TEST_ENVIRONMENT "KITH_TEST_SMALL=1")  # as many threads, fewer messages
endif()

# What a user gets: libraries, programs, examples; everything but the tests.
add_custom_target(kith_shipped)

# What most of a test's or program's text does runs once, and optimising it under a sanitizer takes longer
# than it ever gains: half of the compile time of kithd.cpp, with its command line, is the optimiser's.
function(kith_runs_once target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-O0>)
endfunction()

# kith_room(<name> SOURCES <files> [ROOMS <rooms it stands on>] [LINK <third party targets>])
# One object library, kith_room_<name>. A third party stays private to the room: the rooms above
# link it but do not see its headers.
function(kith_room name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;ROOMS;LINK")
  set(target kith_room_${name})
  add_library(${target} OBJECT ${arg_SOURCES})
  kith_flags(${target})
  if(KITH_CLANG_TIDY)
    set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "${KITH_CLANG_TIDY_PROGRAM};--quiet")
  endif()
  if(NOT BUILD_SHARED_LIBS)
    target_compile_definitions(${target} PUBLIC KITH_STATIC)
  endif()
  target_include_directories(${target} PUBLIC
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/generated ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE ${arg_LINK} Threads::Threads)
  kith_precompiled(${target} kith_room_headers)
  set_target_properties(${target} PROPERTIES KITH_ROOMS "${arg_ROOMS}" KITH_LINK "${arg_LINK}")
endfunction()

# kith_rooms_below(<out> <rooms>): these rooms and all they stand on, each once.
function(kith_rooms_below out)
  set(found "")
  set(ahead ${ARGN})
  while(ahead)
    list(POP_FRONT ahead room)
    if(room IN_LIST found)
      continue()
    endif()
    list(APPEND found ${room})
    get_target_property(below kith_room_${room} KITH_ROOMS)
    list(APPEND ahead ${below})
  endwhile()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# kith_link_rooms(<target> <rooms>): the objects of these rooms and of all below them. CMake does
# not pass objects on through object libraries, hence the explicit list.
function(kith_link_rooms target)
  kith_rooms_below(rooms ${ARGN})
  list(TRANSFORM rooms PREPEND kith_room_)
  target_link_libraries(${target} PRIVATE ${rooms})
endfunction()

# kith_program(<target> SOURCES <files> [LINK <targets>] [OUTPUT <file name>])
# An executable in bin/ on the public API. OUTPUT where the file's name is already a target's.
function(kith_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "SOURCES;LINK")
  add_executable(${name} ${arg_SOURCES})
  kith_flags(${name})
  kith_runs_once(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${arg_LINK} Threads::Threads)
  add_dependencies(kith_shipped ${name})
  if(arg_OUTPUT)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${arg_OUTPUT})
  endif()
endfunction()

# kith_test(<name> SOURCES <files> [ROOMS <rooms>] [LINK <targets>]
#           [LABEL unit|integration|stress|packaging] [TIMEOUT <seconds>])
# One Catch2 program per room and one ctest entry for it: an entry per test case costs a process
# start each, which under sanitizers is most of the time.
# Each has tests/support/deadline_guard.cpp in it, so that none can hang.
function(kith_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "SOURCES;ROOMS;LINK")
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  kith_flags(${name})
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include
    ${PROJECT_BINARY_DIR}/generated)
  target_compile_definitions(${name} PRIVATE
    KITH_SOURCE_DIR="${PROJECT_SOURCE_DIR}" KITH_BINARY_DIR="${PROJECT_BINARY_DIR}")
  kith_runs_once(${name})
  kith_link_rooms(${name} ${arg_ROOMS})
  if(NOT TARGET kith_deadline_guard)
    add_library(kith_deadline_guard OBJECT ${PROJECT_SOURCE_DIR}/tests/support/deadline_guard.cpp)
    kith_flags(kith_deadline_guard)
    target_include_directories(kith_deadline_guard PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(kith_deadline_guard PRIVATE Catch2::Catch2)
  endif()
  target_link_libraries(${name} PRIVATE
    ${arg_LINK} kith_deadline_guard Catch2::Catch2WithMain Threads::Threads)
  if(arg_ROOMS)  # whose definitions the headers were compiled with
    kith_precompiled(${name} kith_test_headers)
  endif()
  # It asks Catch2 2 for more than the others do.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/support/end_of_threads.cpp
    PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "${KITH_TEST_ENVIRONMENT}")
endfunction()

# The same test program once more, with servers that serve their connections on threads of their own.
# COMMAND where the test is more than the program of its name.
function(kith_test_io_threads name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "COMMAND")
  if(NOT arg_COMMAND)
    set(arg_COMMAND ${name})
  endif()
  add_test(NAME ${name}_io_threads COMMAND ${arg_COMMAND})
  # What a test may take, and how it says that it cannot run here, is the same with threads.
  foreach(property LABELS TIMEOUT SKIP_RETURN_CODE)
    get_test_property(${name} ${property} value)
    if(NOT value STREQUAL "NOTFOUND")
      set_tests_properties(${name}_io_threads PROPERTIES ${property} "${value}")
    endif()
  endforeach()
  set_tests_properties(${name}_io_threads PROPERTIES
    ENVIRONMENT "${KITH_TEST_ENVIRONMENT};KITH_TEST_IO_THREADS=2")
endfunction()

# A test that cannot even be built here: it says why and counts as skipped, which is harder to
# overlook than a line at configure time.
function(kith_test_missing name label why)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "SKIPPED: ${why}")
  set_tests_properties(${name} PROPERTIES LABELS ${label} SKIP_REGULAR_EXPRESSION "SKIPPED: ")
endfunction()
