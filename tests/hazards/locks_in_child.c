// SPDX-License-Identifier: MIT
// A daemon leaves its parent, and then locks all its memory: what is the parent's profiler's is
// mapped there, too, and not locked, though nothing of the child is recorded.
// EXPECT: stdout == "less than 16 MiB\n"
#include "status_kib.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void child(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    setrlimit(RLIMIT_MEMLOCK, &limit);
    if (geteuid() == 0) // others have a small limit
        mlockall(MCL_CURRENT | MCL_FUTURE);
    printf("%s than 16 MiB\n", status_kib("VmLck:") < 16 << 10 ? "less" : "more");
    fflush(stdout);
    _exit(0);
}

int main(void)
{
    malloc(16);
    if (fork() == 0)
        child();
    wait(NULL);
    return 0;
}
