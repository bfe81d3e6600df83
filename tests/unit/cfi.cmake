# Tests of preload/cfi.c: known answers, readelf's answers for what this machine has and for
# libraries made for it, and damaged tables. It needs no other part of preload/.
set(cfi_source ${PROJECT_SOURCE_DIR}/preload/cfi.c)
set(cfi_fuzz_source ${PROJECT_SOURCE_DIR}/tests/fuzz/cfi_fuzz.c)
add_library(cfi_parts STATIC ${cfi_source})
target_compile_options(cfi_parts PUBLIC -O2 -g ${GAIAPROF_SANITIZE_FLAGS})
target_link_options(cfi_parts PUBLIC ${GAIAPROF_SANITIZE_FLAGS})

add_executable(preload_cfi_test preload_cfi_test.c)
target_link_libraries(preload_cfi_test PRIVATE cfi_parts PkgConfig::CMOCKA)
add_test(NAME unit.preload.cfi COMMAND preload_cfi_test)

add_executable(cfi_mutation_test cfi_mutation_test.c ${cfi_fuzz_source})
target_link_libraries(cfi_mutation_test PRIVATE cfi_parts)
add_test(NAME unit.preload.cfi_mutation COMMAND cfi_mutation_test)

add_executable(cfi_dump cfi_dump.c)
target_link_libraries(cfi_dump PRIVATE cfi_parts)
set_target_properties(preload_cfi_test cfi_mutation_test cfi_dump PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
set(cfi_tests cfi cfi_mutation)
if(Python3_FOUND)
    set(fixtures ${CMAKE_CURRENT_BINARY_DIR}/cfi_fixtures)
    set(oracle ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/cfi_oracle.py)
    add_test(NAME unit.preload.cfi_make_fixtures COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_SOURCE_DIR}/cfi_fixtures.py ${CMAKE_C_COMPILER} ${fixtures})
    set_tests_properties(unit.preload.cfi_make_fixtures PROPERTIES FIXTURES_SETUP cfi_fixtures)
    add_test(NAME unit.preload.cfi_oracle_fixtures
        COMMAND ${oracle} $<TARGET_FILE:cfi_dump> ${fixtures} $<TARGET_FILE:gaiaprof_preload>)
    set_tests_properties(unit.preload.cfi_oracle_fixtures PROPERTIES
        FIXTURES_REQUIRED cfi_fixtures)
    list(APPEND cfi_tests cfi_make_fixtures cfi_oracle_fixtures)
    if(NOT GAIAPROF_SANITIZE) # takes readelf's time; damaged tables tell a sanitizer more
        add_test(NAME unit.preload.cfi_oracle COMMAND ${oracle} $<TARGET_FILE:cfi_dump>)
        list(APPEND cfi_tests cfi_oracle)
    endif()
endif()
foreach(test ${cfi_tests})
    set_tests_properties(unit.preload.${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()
