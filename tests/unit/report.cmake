# Tests of report/: profiles are built in memory by profile_builder.c, so that every byte of them is
# known.
add_library(profile_builder STATIC profile_builder.c profile_builder_leaks.c
    profile_builder_locks.c profile_support.c)
target_link_libraries(profile_builder PUBLIC gaiaprof_report PkgConfig::CMOCKA)

foreach(subject reader model hostile leaks locks lock_places order timeline)
    list(APPEND report_tests profile_${subject})
endforeach()
foreach(subject units text json)
    list(APPEND report_tests render_${subject})
endforeach()
list(APPEND report_tests budgets statistics)
list(APPEND report_tests suppressions progress)
foreach(test ${report_tests})
    add_executable(${test}_test ${test}_test.c)
    target_link_libraries(${test}_test PRIVATE profile_builder)
    set_target_properties(${test}_test PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    add_test(NAME unit.report.${test} COMMAND ${test}_test)
    set_tests_properties(unit.report.${test} PROPERTIES TIMEOUT 300)
endforeach()

# Profiles for tests/cli.
add_executable(profile_make profile_make.c)
target_link_libraries(profile_make PRIVATE profile_builder)
set_target_properties(profile_make PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})

# The reader's fuzz target. With clang and AddressSanitizer it is a fuzzer, run for a moment (the
# sources are compiled again, with its instrumentation); else it replays files.
set(fuzz ${PROJECT_SOURCE_DIR}/tests/fuzz)
set(corpus ${CMAKE_CURRENT_BINARY_DIR}/profile_corpus)
add_executable(profile_reader_fuzz ${fuzz}/profile_reader_fuzz.c)
target_link_libraries(profile_reader_fuzz PRIVATE gaiaprof_report)
set_target_properties(profile_reader_fuzz PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND GAIAPROF_SANITIZE MATCHES "address")
    get_target_property(report_sources gaiaprof_report SOURCES)
    # what is generated, and what CMake tells more about, comes from the library
    list(FILTER report_sources EXCLUDE REGEX "commands/|profile_file|formats/render|[.]S$|^/")
    list(TRANSFORM report_sources PREPEND ${PROJECT_SOURCE_DIR}/report/)
    target_sources(profile_reader_fuzz PRIVATE ${report_sources})
    target_include_directories(profile_reader_fuzz SYSTEM PRIVATE ${UTHASH_INCLUDE_DIR}
        ${PROJECT_BINARY_DIR})
    add_dependencies(profile_reader_fuzz gaiaprof_report)
    target_compile_options(profile_reader_fuzz PRIVATE -fsanitize=fuzzer -fwrapv)
    target_link_options(profile_reader_fuzz PRIVATE -fsanitize=fuzzer)
    set(fuzz_run -runs=4000 -seed=1 -max_len=16384 -timeout=10 ${corpus})
else()
    target_sources(profile_reader_fuzz PRIVATE ${fuzz}/replay.c)
    set(fuzz_run ${corpus}/demo ${corpus}/hostile ${corpus}/sampled ${corpus}/locks
        ${corpus}/leaks ${corpus}/timeline)
endif()
file(MAKE_DIRECTORY ${corpus})
foreach(kind demo hostile sampled locks leaks timeline)
    add_test(NAME unit.report.fuzz_seed_${kind} COMMAND profile_make ${kind} ${corpus}/${kind})
    set_tests_properties(unit.report.fuzz_seed_${kind} PROPERTIES FIXTURES_SETUP profile_corpus)
endforeach()
add_test(NAME unit.report.fuzz COMMAND profile_reader_fuzz ${fuzz_run})
set_tests_properties(unit.report.fuzz PROPERTIES FIXTURES_REQUIRED profile_corpus TIMEOUT 300)

# The leak scan's parts, and a child of the test's own that is stopped and read.
foreach(subject blocks file graph memory)
    add_executable(leak_${subject}_test leak_${subject}_test.c leak_support.c)
    target_link_libraries(leak_${subject}_test PRIVATE gaiaprof_report PkgConfig::CMOCKA)
    set_target_properties(leak_${subject}_test PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    add_test(NAME unit.report.leak_${subject} COMMAND leak_${subject}_test)
    set_tests_properties(unit.report.leak_${subject} PROPERTIES TIMEOUT 120)
endforeach()
