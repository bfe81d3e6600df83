// SPDX-License-Identifier: MIT
// Threads by clone alone, of which libc knows nothing: they share their creator's thread-local
// storage and use the kernel only. One comes and goes while the program allocates, one is there
// still when it ends.
// EXPECT: site("main")["allocations"] == 1000 and site("main")["live_blocks"] == 0
// EXPECT: process["exit"] == {"kind": "exited", "status": 0} and threads["created"] == 0
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static char stacks[2][16 << 10] __attribute__((aligned(16)));
static volatile int runs, ended;

static int ends(void *unused)
{
    (void)unused;
    ended = 1;
    return 0;
}

// No errno is touched, nothing of libc's: the storage is another thread's.
static int stays(void *unused)
{
    (void)unused;
    runs = 1;
    for (;;)
        __asm__ volatile("syscall" ::"a"(SYS_pause) : "rcx", "r11", "memory");
    return 0;
}

int main(void)
{
    printf("%d\n", clone(ends, stacks[0] + sizeof(stacks[0]), THREAD, NULL) > 0);
    printf("%d\n", clone(stays, stacks[1] + sizeof(stacks[1]), THREAD, NULL) > 0);
    for (int i = 0; i < 1000; i++)
        free(malloc(10));
    while (!runs || !ended)
        sched_yield();
    return 0;
}
