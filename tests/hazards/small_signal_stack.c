// SPDX-License-Identifier: MIT
// A handler allocates on the smallest signal stack that this machine allows: our use must fit.
// EXPECT: site("handler")["allocations"] == 100
// EXPECT: [f["function"] for f in sites("handler")[0]["stack"]].count("main") == 1
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *volatile block;

void handler(int signal)
{
    (void)signal;
    block = malloc(10);
    free(block);
}

int main(void)
{
    size_t page = 4096;
    // what the kernel's frame needs, and 1.5 KiB for handler and malloc; below lies a forbidden
    // page
    size_t bytes = (sysconf(_SC_MINSIGSTKSZ) + 1536 + 15) & ~15;
    size_t room = (bytes + page - 1) / page * page;
    char *memory =
        mmap(NULL, page + room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = memory + page, .ss_size = bytes};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

    free(malloc(1)); // binds the names, which needs more stack than the call
    mprotect(memory, page, PROT_NONE);
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 100; i++)
        raise(SIGUSR1);
    puts("done");
    return 0;
}
