# The section "Threads" of README.md.
foreach(name keys_many cancel_in_calls fiber_migrates create_fails raw_threads mapped_file_mutex
        exit_during_storm)
    known_answer_test(hazards ${name} ${name}.c)
endforeach()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    known_answer_test(hazards stack_overflow stack_overflow.c)
    known_answer_test(hazards fork_at_each_step fork_at_each_step.c)
endif()

hazard_library(late_waits SHARED liblate_waits.c)
known_answer_test(hazards late_waits late_waits.c late_waits)

if(CMAKE_CXX_COMPILER)
    known_answer_test(hazards thread_end_order thread_end_order.cc)
    known_answer_test(hazards fiber_throws fiber_throws.cc)
endif()
