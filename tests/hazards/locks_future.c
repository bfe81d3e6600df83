// SPDX-License-Identifier: MIT
// Without root a program may lock 8 MiB. It locks all that comes (MCL_FUTURE) and allocates until
// that is used up: by itself, not by tables of ours. One that does not fit beside it is told.
// EXPECT: site("own")["allocations"] > 20
// EXPECT: str(site("own")["allocations"]) == stdout.split()[0] or health["dropped"]["memory"] > 0
// EVERY_MODE: process["exit"] == {"kind": "exited", "status": 0}
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define NOBODY 65534
#define LIMIT_BYTES (8u << 20)
#define BLOCKS_MAX 1000

static void *own(void)
{
    void *block = malloc(200000);

    if (block)
        memset(block, 1, 200000);
    return block;
}

int main(void)
{
    struct rlimit limit;
    int count = 0;

    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_max > LIMIT_BYTES)
        limit.rlim_max = LIMIT_BYTES;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
    if (getuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
        return 1;
    if (mlockall(MCL_FUTURE) != 0)
        return 2;
    while (count < BLOCKS_MAX && own())
        count++;
    munlockall();
    printf("%d blocks\n", count);
    return 0;
}
