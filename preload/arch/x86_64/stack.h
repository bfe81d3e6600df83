// SPDX-License-Identifier: MIT
//
// arch/x86_64/stack.h - what the machine knows about stacks: where the pointer is, how to run a
// function on another stack so that unwinding still leads back, and what a signal trampoline
// looks like.
#ifndef GAIAPROF_ARCH_STACK_H
#define GAIAPROF_ARCH_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ucontext.h>

// What a hook finds at its frame pointer: the frame pointer of the host's code that called it, and
// the address it returns to. Above it lies the host's frame.
struct host_frame {
    uintptr_t fp, pc;
};

static inline uintptr_t host_frame_sp(const struct host_frame *frame)
{
    return (uintptr_t)(frame + 1);
}

// Below the stack pointer, left alone by signal handlers.
#define ARCH_RED_ZONE_BYTES 128u

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
#define ARCH_TRAMPOLINE_BYTES 9
static inline bool arch_is_signal_trampoline(uintptr_t pc)
{
    static const unsigned char code[ARCH_TRAMPOLINE_BYTES] = {0x48, 0xc7, 0xc0, 0x0f, 0,
                                                              0,    0,    0x0f, 0x05};

    return memcmp((const void *)pc, code, sizeof(code)) == 0;
}

// What a signal interrupted. At the trampoline the stack pointer is at the ucontext.
#define ARCH_CONTEXT_BYTES offsetof(ucontext_t, __ssp)
static inline void arch_interrupted(const ucontext_t *context, uintptr_t *ret_pc, uintptr_t *ret_sp,
                                    uintptr_t *ret_fp)
{
    *ret_pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    *ret_sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    *ret_fp = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
}

#endif
