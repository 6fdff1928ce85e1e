# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` lays down: headers, libraries, the CMake package and pkg-config files.
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY KITH_LIBRARIES)
if(NOT libraries)
  return()
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kith)
set_target_properties(${libraries} PROPERTIES INSTALL_RPATH "$ORIGIN")

install(TARGETS ${libraries} EXPORT kithTargets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/kith ${PROJECT_BINARY_DIR}/generated/kith
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
install(EXPORT kithTargets NAMESPACE kith:: DESTINATION ${package_dir})
foreach(program kith_tool kithd)
  if(TARGET ${program})
    file(RELATIVE_PATH up ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${up}")
    install(TARGETS ${program})
  endif()
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/kithConfig.cmake.in
  ${PROJECT_BINARY_DIR}/kithConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/kithConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kithConfig.cmake ${PROJECT_BINARY_DIR}/kithConfigVersion.cmake
        DESTINATION ${package_dir})

# The pkg-config files find their prefix from where they lie, so that an installation can be moved.
file(RELATIVE_PATH PC_UP ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
cmake_path(SET PC_UP NORMALIZE "${PC_UP}.")

# kith_pkg_config(<name> <description> <library> <libraries of a static build>)
function(kith_pkg_config name description library static)
  set(PC_NAME ${name})
  set(PC_DESCRIPTION "${description}")
  if(BUILD_SHARED_LIBS)
    set(PC_CFLAGS "")
    set(PC_LIBS "${library}")
  else()
    # Only we are static, the third parties stay shared: their own static closures are not wanted.
    set(PC_CFLAGS "-DKITH_STATIC")
    set(PC_LIBS "${library} -lkith-core ${static} -lpthread")
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/kith.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

kith_pkg_config(kith "Realtime chat client" -lkith
                "-lsqlite3 -lwebsockets -lcurl -lssl -lcrypto")
if(TARGET kith_server)
  kith_pkg_config(kith-server "Realtime chat server to embed" -lkith-server
                  "-lsqlite3 -lssl -lcrypto")
endif()
