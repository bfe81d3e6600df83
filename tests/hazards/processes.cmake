# The section "Processes" of README.md.
foreach(name forks_past_libc child_shares_memory spawns daemon daemon_of_libc shells shells_followed
        exec_fails exec_in_thread ends_by_fault ends_by_handled_fault ends_by_exit_in_atexit
        ends_by_exit_in_handler descriptors_taken chroots chroots_to_own_proc drops_root umask_none
        stderr_gone no_child_wait adopts_orphans signals_blocked timers forks_under_timer
        alarm_at_exit unshares enters_namespaces pid_namespace traces_child stops_and_goes_on
        own_environment locks_memory locks_future locks_within_limit locks_data_limit locks_in_child
        fixed_addresses not_dumpable rewrites_arguments)
    known_answer_test(hazards ${name} ${name}.c)
endforeach()

if(CMAKE_CXX_COMPILER)
    known_answer_test(hazards handlers_at_exit handlers_at_exit.cc)
endif()

foreach(tracer strace gdb)
    add_test(NAME hazards.traced_by_${tracer}
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/traced.py
                --build ${PROJECT_BINARY_DIR} ${tracer} $<TARGET_FILE:hazards_cancel_in_calls>)
    set_tests_properties(hazards.traced_by_${tracer} PROPERTIES TIMEOUT 150 SKIP_RETURN_CODE 77)
endforeach()
