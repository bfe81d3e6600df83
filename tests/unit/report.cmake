# Tests of report/: profiles are built in memory by profile_builder.c, so that every byte of them is
# known.
add_library(profile_builder STATIC profile_builder.c profile_builder_leaks.c
    profile_builder_locks.c profile_support.c profile_fixture.c)
target_link_libraries(profile_builder PUBLIC gaiaprof_report PkgConfig::CMOCKA)

foreach(subject reader model hostile large leaks locks lock_places order timeline)
    list(APPEND report_tests profile_${subject})
endforeach()
foreach(subject units text json memory)
    list(APPEND report_tests render_${subject})
endforeach()
list(APPEND report_tests budgets statistics suppressions progress process_end module_notes region)
foreach(test ${report_tests})
    add_executable(${test}_test ${test}_test.c)
    target_link_libraries(${test}_test PRIVATE profile_builder)
    set_target_properties(${test}_test PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    add_test(NAME unit.report.${test} COMMAND ${test}_test)
    set_tests_properties(unit.report.${test} PROPERTIES TIMEOUT 300)
endforeach()

set(sanitized 0) # a sanitizer takes its time, and its shadow memory is beyond any limit
if(GAIAPROF_SANITIZE)
    set(sanitized 1)
endif()
foreach(test hostile large)
    target_compile_definitions(profile_${test}_test PRIVATE SANITIZED=${sanitized})
endforeach()

# Profiles for tests/cli.
add_executable(profile_make profile_make.c)
target_link_libraries(profile_make PRIVATE profile_builder)
set_target_properties(profile_make PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})

# The leak scan's parts, and a child of the test's own that is stopped and read.
foreach(subject blocks file graph memory)
    add_executable(leak_${subject}_test leak_${subject}_test.c leak_support.c)
    target_link_libraries(leak_${subject}_test PRIVATE gaiaprof_report PkgConfig::CMOCKA)
    set_target_properties(leak_${subject}_test PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    add_test(NAME unit.report.leak_${subject} COMMAND leak_${subject}_test)
    set_tests_properties(unit.report.leak_${subject} PROPERTIES TIMEOUT 120)
endforeach()
