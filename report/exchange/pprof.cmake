# The pprof format, where protobuf-c and zlib are. Sets what the build is without.
pkg_check_modules(PROTOBUF_C QUIET IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(ZLIB QUIET IMPORTED_TARGET zlib)
find_program(PROTOC_C protoc-c)
set(pprof_off "")
if(NOT PROTOBUF_C_FOUND OR NOT PROTOC_C)
    set(pprof_off "protobuf-c")
    message(STATUS
        "off: pprof (protobuf-c, Debian packages libprotobuf-c-dev and protobuf-c-compiler)")
elseif(NOT ZLIB_FOUND)
    set(pprof_off "zlib")
    message(STATUS "off: pprof (zlib, Debian package zlib1g-dev)")
endif()

if(pprof_off)
    gaiaprof_report_folder(exchange render_pprof_off.c)
    set(off "\"this build is without ${pprof_off}\"")
    set(GAIAPROF_PPROF OFF)
else()
    set(proto ${CMAKE_CURRENT_SOURCE_DIR}/exchange/profile.proto)
    set(proto_build ${CMAKE_CURRENT_BINARY_DIR}/exchange)
    file(MAKE_DIRECTORY ${proto_build})
    add_custom_command(OUTPUT ${proto_build}/profile.pb-c.c ${proto_build}/profile.pb-c.h
        COMMAND ${PROTOC_C} --c_out=${proto_build} --proto_path=${CMAKE_CURRENT_SOURCE_DIR}/exchange
            ${proto}
        DEPENDS ${proto} VERBATIM COMMENT "Generating the code of profile.proto")
    # Generated code is not held to this project's warnings.
    set_source_files_properties(${proto_build}/profile.pb-c.c PROPERTIES COMPILE_OPTIONS -w)
    gaiaprof_report_folder(exchange gzip_writer.c pprof_name.c pprof_table.c render_pprof.c)
    target_sources(gaiaprof_report PRIVATE ${proto_build}/profile.pb-c.c
        ${proto_build}/profile.pb-c.h)
    target_include_directories(gaiaprof_report SYSTEM PRIVATE ${PROJECT_BINARY_DIR})
    target_link_libraries(gaiaprof_report PUBLIC PkgConfig::PROTOBUF_C PkgConfig::ZLIB)
    set(off NULL)
    set(GAIAPROF_PPROF ON)
endif()
set(GAIAPROF_PPROF ${GAIAPROF_PPROF} CACHE INTERNAL "the build has the pprof format")
set_property(SOURCE formats/render.c APPEND PROPERTY COMPILE_DEFINITIONS GAIAPROF_PPROF_OFF=${off})
