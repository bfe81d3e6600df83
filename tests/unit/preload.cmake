# Tests of preload/: its sources without the hooks and the constructor, linked into the tests, so
# that a table can be driven by hand. An archive and not objects: a test may define a module of its
# own (heap and locks bring a stack_capture() that returns what they say).
#
# Sanitizers: everything here works with address,undefined. With thread, thread_table is left out:
# its last words come in the last round of key destructors, when ThreadSanitizer's own state of the
# thread is gone. What no sanitizer allows (unwinding on a stack of our own, the reporter's clone)
# is not called by these tests.
get_target_property(preload_sources gaiaprof_preload SOURCES)
list(FILTER preload_sources EXCLUDE REGEX "hooks_|init\\.c")
get_target_property(preload_includes gaiaprof_preload INCLUDE_DIRECTORIES)
get_target_property(preload_definitions gaiaprof_preload COMPILE_DEFINITIONS)
set(preload_files "")
foreach(source ${preload_sources})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/preload)
    list(APPEND preload_files ${source})
endforeach()

add_library(preload_parts STATIC ${preload_files})
target_include_directories(preload_parts PUBLIC ${preload_includes})
target_compile_definitions(preload_parts PRIVATE ${preload_definitions})
target_compile_options(preload_parts PUBLIC -O2 -g ${GAIAPROF_SANITIZE_FLAGS})
if(GAIAPROF_SANITIZE MATCHES "thread" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # ThreadSanitizer does not know fences; what they order here are atomics all (compiler.h)
    target_compile_options(preload_parts PUBLIC -Wno-tsan)
endif()
target_link_options(preload_parts PUBLIC ${GAIAPROF_SANITIZE_FLAGS})
target_link_libraries(preload_parts PUBLIC Threads::Threads)

add_library(preload_support STATIC preload_support.c)
target_link_libraries(preload_support PUBLIC preload_parts PkgConfig::CMOCKA)

# Further arguments are sources beside the test's own.
function(preload_test name)
    add_executable(preload_${name}_test preload_${name}_test.c ${ARGN})
    target_link_libraries(preload_${name}_test PRIVATE preload_support)
    set_target_properties(preload_${name}_test PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    add_test(NAME unit.preload.${name} COMMAND preload_${name}_test)
    set_tests_properties(unit.preload.${name} PROPERTIES TIMEOUT 120)
endfunction()

foreach(subject options text profile_path profile_writer record_table stack_table live_table
        cell_table guard own_heap own_regions spinlock sys rule_cache stack_memo
        stack_shortcut stack_walk)
    preload_test(${subject})
endforeach()
if(NOT GAIAPROF_SANITIZE MATCHES "thread")
    preload_test(thread_table)
    preload_test(stack_capture) # millions of single steps
endif()
preload_test(sampler)
target_link_libraries(preload_sampler_test PRIVATE m)
preload_test(heap preload_fake_capture.c)

preload_test(timeline) # with a clock that the test moves
target_link_options(preload_timeline_test PRIVATE
    -Wl,--wrap=sys_monotonic_ns,--wrap=sys_coarse_ns)

# Of locks: fixtures, and a clock that stands still until a test moves it. preload_lock_support.c
# defines all of the reporter, which would start a process.
function(preload_lock_test name)
    preload_test(${name} preload_lock_support.c preload_fake_capture.c)
    target_link_options(preload_${name}_test PRIVATE -Wl,--wrap=sys_monotonic_ns)
endfunction()
foreach(subject lock_table lock_use lock_wait lock_nesting deadlock misuse)
    preload_lock_test(${subject})
endforeach()
# ... and a word between the two looks for a deadlock
target_link_options(preload_deadlock_test PRIVATE -Wl,--wrap=thread_by_serial)
# All tables at once. Their sources are compiled again, with a compiler.h whose atomic accesses may
# lose the processor.
preload_lock_test(scheduler_stress)
foreach(table cell_table deadlock heap heap_misuse live_table lock_nesting lock_table lock_use
        lock_wait misuse own_regions profile_writer record_table slab stack_table thread_table)
    target_sources(preload_scheduler_stress_test PRIVATE ${PROJECT_SOURCE_DIR}/preload/${table}.c)
endforeach()
target_sources(preload_scheduler_stress_test PRIVATE preload_perturb.c)
target_include_directories(preload_scheduler_stress_test BEFORE PRIVATE
    ${CMAKE_CURRENT_SOURCE_DIR}/perturbed)

# What scripts/test runs under ThreadSanitizer: THREADS threads at each table.
foreach(subject cell_table deadlock heap live_table lock_nesting lock_table lock_use lock_wait misuse
        own_heap own_regions profile_writer record_table scheduler_stress spinlock stack_table
        timeline)
    set_tests_properties(unit.preload.${subject} PROPERTIES LABELS threads)
    list(APPEND thread_tests preload_${subject}_test)
endforeach()
add_custom_target(thread_tests DEPENDS ${thread_tests})
