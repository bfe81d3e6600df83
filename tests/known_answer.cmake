# known_answer_test(KIND NAME SOURCE [libraries...]): builds the program and adds the test
# KIND.NAME, which runs it without and with the profiler (tests/known_answer.py).
find_package(Python3 COMPONENTS Interpreter)

function(known_answer_test kind name source)
    set(target ${kind}_${name})
    add_executable(${target} ${source})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    # stacks must be what the source says
    target_compile_options(${target} PRIVATE -O1 -g -fno-builtin -fno-optimize-sibling-calls
        -fno-inline -fvisibility=default -Wno-unused-result -Wno-alloc-size-larger-than
        $<$<COMPILE_LANGUAGE:C>:-Wno-missing-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wno-strict-prototypes>)
    target_link_libraries(${target} PRIVATE Threads::Threads ${ARGN})
    set(modes)
    if(kind STREQUAL hazards)
        set(modes --every-mode)
    endif()
    known_answer_run(${kind}.${name} ${target} ${source} ${modes})
endfunction()

# known_answer_run(TEST TARGET SOURCE [options of known_answer.py...]): a test of a program that is
# built already.
function(known_answer_run test target source)
    add_test(NAME ${test}
        COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/known_answer.py
                --build ${PROJECT_BINARY_DIR} --source ${CMAKE_CURRENT_SOURCE_DIR}/${source}
                ${ARGN} $<TARGET_FILE:${target}>)
    set_tests_properties(${test} PROPERTIES TIMEOUT 150)
endfunction()
