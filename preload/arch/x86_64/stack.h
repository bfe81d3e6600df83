// SPDX-License-Identifier: MIT
//
// arch/x86_64/stack.h - what the machine knows about stacks: where the pointer is, how to run a
// function on another stack so that unwinding still leads back, and what a signal trampoline
// looks like.
#ifndef GAIAPROF_ARCH_STACK_H
#define GAIAPROF_ARCH_STACK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uintptr_t arch_stack_pointer(void)
{
    uintptr_t sp;
    __asm__("mov %%rsp, %0" : "=r"(sp));
    return sp;
}

// Calls function(argument) on the stack that ends at `top` (16-byte aligned). Keeps rbp as the
// frame pointer of the old stack, with CFI that says so.
void arch_call_on_stack(void (*function)(void *), void *argument, void *top);

// Whether the code at pc is the kernel's way back from a signal handler: mov $15, %rax; syscall.
// The unwinders of gcc and gdb know it by the same bytes. pc must be mapped code.
static inline bool arch_is_signal_trampoline(uintptr_t pc)
{
    static const unsigned char code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

    return memcmp((const void *)pc, code, sizeof(code)) == 0;
}

#endif
