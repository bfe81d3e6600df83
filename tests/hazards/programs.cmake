# What scripts/try-programs found in real programs, each as a small one.
foreach(name syscall_stack)
    known_answer_test(hazards ${name} ${name}.c)
endforeach()
