# Every library the build uses, found by name. What the core needs ends the configuration at once
# when it is missing, with the Debian package that holds it; optional parts are listed as off.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
set(GAIAPROF_MISSING "")

function(gaiaprof_need_module prefix module package)
    pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
    if(NOT ${prefix}_FOUND)
        list(APPEND GAIAPROF_MISSING "${module} (Debian package ${package})")
        set(GAIAPROF_MISSING "${GAIAPROF_MISSING}" PARENT_SCOPE)
    endif()
endfunction()

function(gaiaprof_need_file variable kind names package)
    if(kind STREQUAL "header")
        find_path(${variable} NAMES ${names})
    else()
        find_library(${variable} NAMES ${names})
    endif()
    if(NOT ${variable})
        list(APPEND GAIAPROF_MISSING "${names} (Debian package ${package})")
        set(GAIAPROF_MISSING "${GAIAPROF_MISSING}" PARENT_SCOPE)
    endif()
endfunction()

gaiaprof_need_module(LIBUNWIND libunwind libunwind-dev)
gaiaprof_need_module(LIBELF libelf libelf-dev)
gaiaprof_need_module(LIBDW libdw libdw-dev)
gaiaprof_need_module(JANSSON jansson libjansson-dev)
gaiaprof_need_file(UTHASH_INCLUDE_DIR header uthash.h uthash-dev)
gaiaprof_need_file(LIBIBERTY_INCLUDE_DIR header libiberty/demangle.h libiberty-dev)
gaiaprof_need_file(LIBIBERTY_LIBRARY library iberty libiberty-dev)

if(GAIAPROF_MISSING)
    list(JOIN GAIAPROF_MISSING "\n  " missing)
    message(FATAL_ERROR "gaiaprof needs, and did not find:\n  ${missing}\n"
        "scripts/build installs them on Debian.")
endif()

# Optional parts
pkg_check_modules(CMOCKA QUIET IMPORTED_TARGET cmocka)
if(NOT CMOCKA_FOUND)
    message(STATUS "off: unit tests (cmocka, Debian package libcmocka-dev)")
endif()
find_program(GAIAPROF_CXX NAMES c++ g++ clang++)
if(NOT GAIAPROF_CXX)
    message(STATUS "off: tests with C++ programs (g++)")
endif()
