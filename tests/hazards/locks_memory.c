// SPDX-License-Identifier: MIT
// A real-time program locks all memory that it has and will have: what is ours must not fill the
// machine, nor its limit, so that its own allocations fail.
// EXPECT: stdout == "locked, allocated\nless than 16 MiB\n"
// EXPECT: site("own")["allocations"] == 100 and site("own")["frees"] == 100
#include "status_kib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static int own(void)
{
    void *block = malloc(100000);
    int is_good = block != NULL;

    free(block);
    return is_good;
}

int main(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    int good = 0, error;

    setrlimit(RLIMIT_MEMLOCK, &limit);
    // others have a small limit: locks_refused.c
    error = geteuid() == 0 && mlockall(MCL_CURRENT | MCL_FUTURE) ? errno : 0;
    errno = 0;
    for (int i = 0; i < 100; i++)
        good += own();
    printf("%s, ", error ? strerrorname_np(error) : "locked");
    printf("%s\n", good == 100 ? "allocated" : "allocations failed");
    printf("%s than 16 MiB\n", status_kib("VmLck:") < 16 << 10 ? "less" : "more");
    return 0;
}
