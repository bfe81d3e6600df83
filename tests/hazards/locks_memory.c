// SPDX-License-Identifier: MIT
// A real-time program locks all memory that it has and will have: what is ours must not fill the
// machine, nor its limit, so that its own allocations fail.
// EXPECT: stdout == "locked, allocated\nless than 64 MiB\n"
// EXPECT: site("own")["allocations"] == 100 and site("own")["frees"] == 100
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

static int own(void)
{
    void *block = malloc(100000);
    int is_good = block != NULL;

    free(block);
    return is_good;
}

static long locked_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[200];
    long found = 0;

    while (fgets(line, sizeof(line), file))
        sscanf(line, "VmLck: %ld", &found);
    fclose(file);
    return found;
}

int main(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    int good = 0, error;

    setrlimit(RLIMIT_MEMLOCK, &limit);
    error = mlockall(MCL_CURRENT | MCL_FUTURE) ? errno : 0;
    if (error == EPERM || error == ENOMEM) // not root: its limit is small
        error = 0;
    for (int i = 0; i < 100; i++)
        good += own();
    printf("%s, ", error ? strerrorname_np(error) : "locked");
    printf("%s\n", good == 100 ? "allocated" : "allocations failed");
    printf("%s than 64 MiB\n", locked_kib() < 64 << 10 ? "less" : "more");
    return 0;
}
