# How a host is linked and started (README.md): the rows "Start and link", and what peers met there.
include(CheckCSourceRuns)

foreach(name other_namespace deepbind phdr_callback audited static_tls tls_modules origin
        many_exit_handlers forks_at_exit old_versions libc_as_program libc_by_handle traced_objects
        map_count)
    known_answer_test(hazards ${name} ${name}.c)
endforeach()

foreach(name interposers to_the_end ifunc_resolver errno_left)
    hazard_library(${name} SHARED lib${name}.c)
    known_answer_test(hazards ${name} ${name}.c ${name})
endforeach()

target_link_options(hazards_ifunc_resolver PRIVATE -Wl,-z,lazy)
hazard_library(scope_library MODULE scope_library.c)
hazard_library(audit_library MODULE audit_library.c)
hazard_library(static_tls_library MODULE static_tls_library.c)
target_compile_definitions(static_tls_library PRIVATE SIZE=400 MODEL="initial-exec")
hazard_library(tls_modules_library MODULE static_tls_library.c)
target_compile_definitions(tls_modules_library PRIVATE SIZE=3000 MODEL="global-dynamic")

# found by nothing but the RUNPATH of the library that loads it
hazard_library(origin_outer MODULE origin_outer.c)
set_target_properties(origin_outer PROPERTIES BUILD_RPATH "$ORIGIN/origin_inner")
hazard_library(origin_inner MODULE origin_inner.c)
set_target_properties(origin_inner PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/origin_inner)

# a sanitizer whose programs run here: one of threads does not get along with every kernel
foreach(sanitizer address undefined thread)
    set(CMAKE_REQUIRED_FLAGS -fsanitize=${sanitizer})
    check_c_source_runs("int main(void) { return 0; }" RUNS_SANITIZED_${sanitizer})
    unset(CMAKE_REQUIRED_FLAGS)
    if(RUNS_SANITIZED_${sanitizer})
        known_answer_test(hazards sanitized_${sanitizer} sanitized.c)
        target_compile_options(hazards_sanitized_${sanitizer} PRIVATE -fsanitize=${sanitizer})
        target_link_options(hazards_sanitized_${sanitizer} PRIVATE -fsanitize=${sanitizer})
    endif()
endforeach()

if(CMAKE_CXX_COMPILER)
    known_answer_test(hazards unwinder_scope unwinder_scope.cc)
endif()
