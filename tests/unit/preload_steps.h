// SPDX-License-Identifier: MIT
//
// preload_steps.h - runs a function one instruction at a time, and looks at what it has done so far
// after each: as a handler does that comes there, and for good if it jumps out. x86_64.
#ifndef GAIAPROF_PRELOAD_STEPS_H
#define GAIAPROF_PRELOAD_STEPS_H

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

static void (*steps_look)(void);
static unsigned steps_count;

static void steps_on_trap(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)signal;
    (void)info;
    // a system call that blocks signals would be the last step
    if (memcmp((const void *)(uintptr_t)registers[REG_RIP], "\x0f\x05", 2) == 0)
        registers[REG_EFL] &= ~0x100;
    steps_count++;
    steps_look();
}

// Returns the number of instructions. From the first system call on it is not looked any more.
// Looks must not assert.
static inline unsigned steps_run(void (*function)(void), void (*look)(void))
{
    struct sigaction action = {.sa_sigaction = steps_on_trap, .sa_flags = SA_SIGINFO}, before;

    steps_look = look;
    steps_count = 0;
    sigaction(SIGTRAP, &action, &before);
    __asm__ volatile("pushf\norq $0x100, (%%rsp)\npopf" ::: "memory", "cc");
    function();
    __asm__ volatile("pushf\nandq $~0x100, (%%rsp)\npopf" ::: "memory", "cc");
    sigaction(SIGTRAP, &before, NULL);
    return steps_count;
}

#endif
