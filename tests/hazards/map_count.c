// SPDX-License-Identifier: MIT
// The host uses up all the mappings that the kernel lets it have, gives a few back and goes on:
// what could not be recorded is counted, and the host has what it had.
// EXPECT: site("work")["allocations"] + health["dropped"]["memory"] > 0
// EVERY_MODE: process["exit"] == {"kind": "exited", "status": 0}
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define MAPPINGS (1 << 20)
#define GIVEN_BACK 60

static int failed;

static void *work(void *unused)
{
    for (int i = 1; i <= 200; i++) {
        char *block = malloc((size_t)i * 1000);

        failed += !block;
        if (block)
            memset(block, 1, (size_t)i * 1000);
        free(block);
    }
    return unused;
}

int main(void)
{
    char *room = mmap(NULL, (size_t)MAPPINGS * PAGE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int used = 1;
    pthread_t thread;

    while (used < MAPPINGS && mprotect(room + (size_t)used * PAGE, PAGE, PROT_READ) == 0)
        used += 2;
    work(NULL); // none is left
    for (int i = 0; i < GIVEN_BACK; i++)
        mprotect(room + (size_t)(used - 2 - 2 * i) * PAGE, PAGE, PROT_NONE);
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    printf("%s, %d failed\n", used < MAPPINGS ? "used up" : "no limit", failed);
    return 0;
}
