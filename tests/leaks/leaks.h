// SPDX-License-Identifier: MIT
//
// leaks.h - what the programs of tests/leaks/ share: blocks made by functions of their own, and
// nothing left of a pointer where the program does not mean to keep it.
#ifndef TESTS_LEAKS_H
#define TESTS_LEAKS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../await.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SITE __attribute__((noinline, unused)) // a frame of its own in stacks
#define KEEP __attribute__((used))

struct node {
    struct node *next;
    struct node *other;
    long value;
};

// Overwrites what functions that returned have left on the stack and in registers.
static SITE void forget(void)
{
    volatile uint64_t words[8192];

    for (int i = 0; i < 8192; i++)
        words[i] = 0;
    (void)words[0];
#ifdef __x86_64__
    __asm__ volatile("xor %%eax, %%eax; xor %%ecx, %%ecx; xor %%edx, %%edx; xor %%esi, %%esi;"
                     "xor %%edi, %%edi; xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d;"
                     "xor %%r11d, %%r11d; pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1",
                       "cc", "memory");
#endif
}

// Threads that stay: each posts when it is about to park.
static sem_t parked_count __attribute__((unused));

static SITE void park(void)
{
    sem_post(&parked_count);
    forget();
    for (;;)
        pause();
}

static SITE void wait_until_parked(int count)
{
    for (int i = 0; i < count; i++)
        sem_wait(&parked_count);
}

static SITE void start_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, argument) != 0)
        abort();
}

#endif
