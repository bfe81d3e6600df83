// SPDX-License-Identifier: MIT
// A crash handler: it prints, allocates, and raises the signal again with its default action.
// STATUS: -11
// EXPECT: process["exit"]["kind"] == "killed"
// EXPECT: stdout == "handled\n" and site("handler")["allocations"] == 1
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void handler(int signal)
{
    free(malloc(80));
    write(1, "handled\n", 8);
    raise(signal); // once it has returned
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESETHAND};

    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    sigaction(SIGSEGV, &action, NULL);
    *(volatile int *)16 = 1;
    return 0;
}
