# SPDX-License-Identifier: Apache-2.0
# A project that has kith as a folder, and installs it with itself. It takes the option that builds
# it sooner; without it kith is built as shipped, in the same run.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/add_subdirectory -B ${WORK} -G Ninja
    -DKITH_SOURCE=${KITH_SOURCE} -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0
    -DKITH_PRECOMPILED_HEADERS=ON
    -DCMAKE_C_COMPILER=${C} -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
run(${CMAKE_COMMAND} --build ${WORK})
run(${WORK}/consumer)
file(REMOVE_RECURSE ${PREFIX})
run(${CMAKE_COMMAND} --install ${WORK} --prefix ${PREFIX})
