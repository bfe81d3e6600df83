# What a report makes of what is there (README.md): the rows "API" and "Reading".
foreach(name every_function nothing_asked calls_fail sized_free heap_statistics realloc_race
        library_deleted program_deleted)
    known_answer_test(hazards ${name} ${name}.c)
endforeach()
add_dependencies(hazards_library_deleted origin_inner scope_library)

# forms_test(NAME EXPECTED [options...]): forms.c, compiled and linked with these
function(forms_test name expected)
    set(target hazards_forms_${name})
    add_executable(${target} forms.c)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    target_compile_options(${target} PRIVATE -O1 -g -fno-optimize-sibling-calls ${ARGN})
    target_link_options(${target} PRIVATE ${ARGN})
    known_answer_run(hazards.forms_${name} ${target} forms.c --every-mode --expect "${expected}")
endfunction()

set(named "site('leaf_of_forms')['allocations'] == 7")
set(lined "${named} and heap['sites'][0]['stack'][0]['file'].endswith('forms.c') \
and heap['sites'][0]['stack'][0]['line'] == 13")
forms_test(plain "${lined}")
forms_test(compressed "${lined}" -gz)
forms_test(split "${lined}" -gsplit-dwarf)
forms_test(dwarf4 "${lined}" -gdwarf-4)
forms_test(whole "${lined}" -flto=auto)
forms_test(fixed "${lined}" -no-pie -fno-pie)
forms_test(no_build_id "${lined}" -Wl,--build-id=none)
forms_test(old_hash "${lined}" -Wl,--hash-style=sysv)
forms_test(large_pages "${lined}" -Wl,-z,max-page-size=0x200000)
forms_test(one_segment "${lined}" -Wl,-z,noseparate-code)
forms_test(no_debug "${named}" -g0)
forms_test(stripped "heap['sites'][0]['stack'][0]['function'] is None" -s)

if(CMAKE_CXX_COMPILER)
    known_answer_test(hazards long_names long_names.cc)
endif()
