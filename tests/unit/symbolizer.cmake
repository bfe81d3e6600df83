# Tests of symbolize/: programs with known answers over fixtures that are one source compiled in
# many ways, and a script that compares with addr2line and nm. Fixtures need x86-64 and GNU tools;
# what needs more (clang, g++, dwz) is left out where that is missing, and its tests skip.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
endif()

set(fixture_sources ${CMAKE_CURRENT_SOURCE_DIR}/symbolizer_fixtures)
set(fixtures ${CMAKE_CURRENT_BINARY_DIR}/symbolizer)
set(fixture_files "")
file(MAKE_DIRECTORY ${fixtures})
find_program(CLANG clang)
find_program(CLANGXX clang++)
find_program(DWZ dwz)
find_program(LLD ld.lld)

# One file by one command: NAME is the file, then the sources, then COMPILER and FLAGS. Not CMake's
# own targets: every flag counts here, and none of the build's may join them.
function(symbolizer_fixture name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PROGRAM" "COMPILER" "SOURCES;FLAGS")
    if(NOT arg_COMPILER)
        return()
    endif()
    list(TRANSFORM arg_SOURCES PREPEND ${fixture_sources}/)
    set(kind -shared -fPIC)
    if(arg_PROGRAM)
        set(kind "")
    endif()
    add_custom_command(OUTPUT ${fixtures}/${name}
        COMMAND ${arg_COMPILER} -O2 -Wl,--build-id=sha1 ${kind} ${arg_FLAGS} -o ${name}
            ${arg_SOURCES}
        DEPENDS ${arg_SOURCES} ${fixture_sources}/symbols.map
        WORKING_DIRECTORY ${fixtures} VERBATIM COMMENT "Fixture ${name}")
    set(fixture_files ${fixture_files} ${fixtures}/${name} PARENT_SCOPE)
endfunction()

set(gcc ${CMAKE_C_COMPILER})
symbolizer_fixture(code_dwarf5.so SOURCES code.c COMPILER ${gcc} FLAGS -gdwarf-5)
symbolizer_fixture(code_dwarf4.so SOURCES code.c COMPILER ${gcc} FLAGS -gdwarf-4)
symbolizer_fixture(code_dwarf3.so SOURCES code.c COMPILER ${gcc} FLAGS -gdwarf-3)
symbolizer_fixture(code_zlib.so SOURCES code.c COMPILER ${gcc} FLAGS -g -gz=zlib)
symbolizer_fixture(code_zlib_gnu.so SOURCES code.c COMPILER ${gcc} FLAGS -gdwarf-4 -gz=zlib-gnu)
symbolizer_fixture(code_lto.so SOURCES code.c COMPILER ${gcc} FLAGS -g -flto)
symbolizer_fixture(code_split4.so SOURCES code.c COMPILER ${gcc} FLAGS -gdwarf-4 -gsplit-dwarf)
symbolizer_fixture(code_split5.so SOURCES code.c COMPILER ${gcc} FLAGS -gdwarf-5 -gsplit-dwarf)
symbolizer_fixture(code_sections.so SOURCES code.c COMPILER ${gcc}
    FLAGS -g -ffunction-sections -Wl,--gc-sections)
symbolizer_fixture(code_nodebug.so SOURCES code.c COMPILER ${gcc} FLAGS -g0)
symbolizer_fixture(code_ibt.so SOURCES code.c COMPILER ${gcc} FLAGS -g0 -fcf-protection
    -Wl,-z,ibtplt)
symbolizer_fixture(code_now.so SOURCES code.c COMPILER ${gcc} FLAGS -g0 -Wl,-z,now)
symbolizer_fixture(code_nopie PROGRAM SOURCES code.c main.c COMPILER ${gcc}
    FLAGS -g -fno-pie -no-pie)
symbolizer_fixture(code_pie PROGRAM SOURCES code.c main.c COMPILER ${gcc} FLAGS -g -fPIE -pie)
symbolizer_fixture(code_stripped_program PROGRAM SOURCES code.c main.c COMPILER ${gcc}
    FLAGS -g0 -s -fPIE -pie)
symbolizer_fixture(code_clang.so SOURCES code.c COMPILER ${CLANG} FLAGS -g)
symbolizer_fixture(code_clang4.so SOURCES code.c COMPILER ${CLANG} FLAGS -gdwarf-4)
symbolizer_fixture(code_clang_split.so SOURCES code.c COMPILER ${CLANG} FLAGS -g -gsplit-dwarf)
if(LLD)
    symbolizer_fixture(code_lld.so SOURCES code.c COMPILER ${CLANG} FLAGS -g -fuse-ld=lld)
endif()
symbolizer_fixture(names_gcc.so SOURCES names.cc COMPILER ${CMAKE_CXX_COMPILER}
    FLAGS -g -std=c++17)
symbolizer_fixture(names_clang.so SOURCES names.cc COMPILER ${CLANGXX} FLAGS -g -std=c++17)
symbolizer_fixture(names_plain.so SOURCES main.c COMPILER ${gcc}
    FLAGS -g -Wl,--unresolved-symbols=ignore-all)
symbolizer_fixture(symbols.so SOURCES symbols.S COMPILER ${gcc}
    FLAGS -nostdlib -Wl,--version-script=${fixture_sources}/symbols.map)
symbolizer_fixture(hostile_dwarf.so SOURCES hostile_dwarf.S COMPILER ${gcc} FLAGS -nostdlib)
symbolizer_fixture(hostile_doubling.so SOURCES hostile_dwarf.S COMPILER ${gcc}
    FLAGS -nostdlib -DDOUBLING)
symbolizer_fixture(hostile_deep.so SOURCES hostile_dwarf.S COMPILER ${gcc} FLAGS -nostdlib -DDEEP)

add_custom_command(OUTPUT ${fixtures}/code_stripped.so ${fixtures}/code.debug
    COMMAND ${CMAKE_OBJCOPY} --only-keep-debug code_dwarf5.so code.debug
    COMMAND ${CMAKE_OBJCOPY} --strip-all --add-gnu-debuglink=code.debug
        code_dwarf5.so code_stripped.so
    DEPENDS ${fixtures}/code_dwarf5.so
    WORKING_DIRECTORY ${fixtures} VERBATIM COMMENT "Fixture code_stripped.so")
list(APPEND fixture_files ${fixtures}/code_stripped.so)
if(DWZ)
    add_custom_command(OUTPUT ${fixtures}/code_dwz.so
        COMMAND ${CMAKE_COMMAND} -E copy code_dwarf5.so code_dwz.so
        COMMAND ${CMAKE_COMMAND} -E copy code_pie code_dwz2
        COMMAND ${DWZ} -m dwz.shared code_dwz.so code_dwz2
        DEPENDS ${fixtures}/code_dwarf5.so ${fixtures}/code_pie
        WORKING_DIRECTORY ${fixtures} VERBATIM COMMENT "Fixture code_dwz.so")
    list(APPEND fixture_files ${fixtures}/code_dwz.so)
endif()
add_custom_target(symbolizer_fixtures ALL DEPENDS ${fixture_files})

set(sanitized 0) # a sanitizer's shadow memory is beyond any limit
if(GAIAPROF_SANITIZE)
    set(sanitized 1)
endif()
add_library(symbolizer_support STATIC symbolizer_support.c)
target_compile_definitions(symbolizer_support PUBLIC SYMBOLIZER_FIXTURES="${fixtures}"
    SYMBOLIZER_SANITIZED=${sanitized})
target_link_libraries(symbolizer_support PUBLIC symbolize PkgConfig::CMOCKA PRIVATE
    PkgConfig::LIBDW PkgConfig::LIBELF)

foreach(subject frames symbols files hostile)
    add_executable(symbolizer_${subject}_test symbolizer_${subject}_test.c)
    target_link_libraries(symbolizer_${subject}_test PRIVATE symbolizer_support)
    set_target_properties(symbolizer_${subject}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${fixtures})
    add_dependencies(symbolizer_${subject}_test symbolizer_fixtures)
    add_test(NAME unit.symbolizer.${subject} COMMAND symbolizer_${subject}_test)
    set_tests_properties(unit.symbolizer.${subject} PROPERTIES TIMEOUT 300)
endforeach()

add_executable(symbolizer_dump symbolizer_dump.c)
target_link_libraries(symbolizer_dump PRIVATE symbolize)
set_target_properties(symbolizer_dump PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${fixtures})
add_test(NAME unit.symbolizer.oracle
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/symbolizer_oracle.sh $<TARGET_FILE:symbolizer_dump>
        ${fixtures})
set_tests_properties(unit.symbolizer.oracle PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
