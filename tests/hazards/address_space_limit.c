// SPDX-License-Identifier: MIT
// A host with little address space left runs as without us; what we could not record is counted.
// WITNESS: without limit 9
// EXPECT: health["dropped"]["memory"] > 0 or heap["allocations"] >= 40
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static long pages(void)
{
    long count = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    fscanf(file, "%ld", &count);
    fclose(file);
    return count;
}

int main(void)
{
    struct rlimit limit;
    int got = 0;

    // 140 MiB more than now, whatever was mapped for us; our tables take half of what the blocks
    // take
    limit.rlim_cur = limit.rlim_max = (pages() << 12) + (140 << 20);
    setrlimit(RLIMIT_AS, &limit);
    for (int i = 0; i < 40; i++) {
        char *block = malloc(1 << 20);
        if (block) {
            memset(block, 1, 1 << 20);
            got++;
        }
    }
    printf("%d blocks\n", got);
    return 0;
}
