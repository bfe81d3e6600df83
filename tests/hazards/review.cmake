# Hosts that an adversarial review found us to break, and their like.
foreach(name signal_stack_inside_stack spawn_large_environment putenv_literal fork_child_thread_end
        loader_error slots_after_main_exit detached_at_once join_at_once async_cancel shared_mutex)
    known_answer_test(hazards ${name} ${name}.c)
endforeach()

function(hazard_library name type source)
    add_library(${name} ${type} ${source})
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    if(type STREQUAL MODULE)
        set_target_properties(${name} PROPERTIES PREFIX "")
    endif()
    target_compile_options(${name} PRIVATE -O1 -g -fno-builtin -fno-inline -fvisibility=default
        $<$<COMPILE_LANGUAGE:C>:-Wno-missing-prototypes>)
endfunction()

foreach(name locale_constructor exec_in_constructor late_handler)
    hazard_library(${name} SHARED lib${name}.c)
    known_answer_test(hazards ${name} ${name}.c ${name})
endforeach()

hazard_library(early_malloc SHARED libearly_malloc.c)
known_answer_test(hazards bundled_allocator bundled_allocator.c early_malloc)

hazard_library(moved_program_headers_library MODULE moved_program_headers_library.c)
add_custom_command(OUTPUT moved_program_headers_moved.so
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/move_program_headers.py
            $<TARGET_FILE:moved_program_headers_library> moved_program_headers_moved.so
    DEPENDS moved_program_headers_library move_program_headers.py)
add_custom_target(moved_program_headers ALL DEPENDS moved_program_headers_moved.so)
known_answer_test(hazards moved_program_headers moved_program_headers.c)

if(CMAKE_CXX_COMPILER)
    known_answer_test(hazards exit_while_running exit_while_running.cc)
    hazard_library(constructor_waits_library MODULE constructor_waits_library.cc)
    target_link_libraries(constructor_waits_library PRIVATE Threads::Threads)
    known_answer_test(hazards constructor_waits constructor_waits.c)
    add_dependencies(hazards_constructor_waits constructor_waits_library)
endif()
