# SPDX-License-Identifier: Apache-2.0
# libkith and libkith-server out of the rooms.
#
# Both stand on the same floors, and one program may use both. Shared: each library holds its own
# hidden copy. Static: a second copy would be a duplicate definition, so what both need lives in
# libkith-core, which both link.

# kith_library(<target> ALIAS <name after kith::> FILE <file name> ROOMS <rooms> [LINK <targets>])
function(kith_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ALIAS;FILE;TYPE" "ROOMS;LINK")
  set(objects "")
  set(links "")
  foreach(room ${arg_ROOMS})
    list(APPEND objects $<TARGET_OBJECTS:kith_room_${room}>)
    get_target_property(room_links kith_room_${room} KITH_LINK)
    list(APPEND links ${room_links})
  endforeach()
  list(REMOVE_DUPLICATES links)
  list(REMOVE_ITEM links kith_rapidjson)
  add_library(${target} ${arg_TYPE} ${objects})
  add_library(kith::${arg_ALIAS} ALIAS ${target})
  add_dependencies(kith_shipped ${target})
  kith_flags(${target})
  target_compile_features(${target} PUBLIC cxx_std_17)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE ${links} Threads::Threads)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${arg_FILE}
    EXPORT_NAME ${arg_ALIAS}
    LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  if(BUILD_SHARED_LIBS)
    set(map ${PROJECT_SOURCE_DIR}/cmake/exports.map)
    target_link_options(${target} PRIVATE -Wl,--version-script=${map} -Wl,--exclude-libs,ALL)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${map})
  else()
    target_compile_definitions(${target} PUBLIC KITH_STATIC)
  endif()
endfunction()

function(kith_libraries)
  kith_rooms_below(client_rooms client)
  set(server_rooms "")
  if(KITH_BUILD_SERVER)
    kith_rooms_below(server_rooms front)
  endif()
  if(BUILD_SHARED_LIBS)
    set(core_rooms "")
    set(type SHARED)
  else()
    set(core_rooms ${client_rooms})
    list(FILTER core_rooms INCLUDE REGEX "^(base|json|sqlite|avos|leancloud|subprotocol|ws|tls|sign)$")
    set(type STATIC)
  endif()
  set(libraries "")
  if(core_rooms)
    kith_library(kith_core ALIAS core FILE kith-core TYPE STATIC ROOMS ${core_rooms})
    list(REMOVE_ITEM client_rooms ${core_rooms})
    list(REMOVE_ITEM server_rooms ${core_rooms})
    list(APPEND libraries kith_core)
  endif()
  if(client_rooms)
    kith_library(kith ALIAS kith FILE kith TYPE ${type} ROOMS ${client_rooms})
    list(APPEND libraries kith)
  endif()
  if(server_rooms)
    kith_library(kith_server ALIAS server FILE kith-server TYPE ${type} ROOMS ${server_rooms})
    list(APPEND libraries kith_server)
  endif()
  if(core_rooms)
    foreach(library ${libraries})
      if(NOT library STREQUAL kith_core)
        target_link_libraries(${library} PRIVATE kith_core)
      endif()
    endforeach()
  endif()
  set_property(GLOBAL PROPERTY KITH_LIBRARIES "${libraries}")
endfunction()
