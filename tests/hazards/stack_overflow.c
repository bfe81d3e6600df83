// SPDX-License-Identifier: MIT
// Threads run out of stack, again and again; the handler, on a stack of its own, allocates and
// jumps out, as interpreters do. main's stack too.
// EXPECT: site("handler")["allocations"] == 15 == int(stdout.split()[0])
// EXPECT: site("after")["allocations"] == 15 == site("after")["frees"]
// EXPECT: site("dig")["allocations"] > 100 and health["complete"]
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define ROUNDS 5
#define KEEP_BYTES (64 << 10) // no allocation so near the end: libc would not survive it

static __thread sigjmp_buf jump;
static int faults;

static void handler(int signal)
{
    (void)signal;
    free(malloc(40));
    faults++;
    siglongjmp(jump, 1);
}

static int dig(uintptr_t low, int depth)
{
    volatile char frame[2000];

    frame[0] = frame[1999] = (char)depth;
    if ((uintptr_t)frame > low + KEEP_BYTES)
        free(malloc(8));
    return depth == 1 << 20 ? 0 : dig(low, depth + 1) + frame[0];
}

static void after(void)
{
    free(malloc(50));
}

static void *overflow(void *low)
{
    static __thread char room[64 << 10];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};

    sigaltstack(&stack, NULL);
    for (volatile int i = 0; i < ROUNDS; i++) {
        if (sigsetjmp(jump, 1) == 0)
            dig((uintptr_t)low, 0);
        after();
    }
    return NULL;
}

static void *in_thread(void *unused)
{
    pthread_attr_t attributes;
    void *low;
    size_t bytes;

    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &bytes);
    pthread_attr_destroy(&attributes);
    overflow(low);
    return unused;
}

int main(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    pthread_t thread;
    char here;

    setrlimit(RLIMIT_STACK, &limit);
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 2; i++) {
        pthread_create(&thread, NULL, in_thread, NULL);
        pthread_join(thread, NULL);
    }
    overflow(&here - (1 << 19)); // half of the stack is known to be below
    printf("%d\n", faults);
    return 0;
}
