// SPDX-License-Identifier: MIT
//
// arch/x86_64/float.h - floating-point arithmetic that the host neither disturbs nor notices: it
// may have changed the rounding, may watch the sticky exception flags, and may have asked for
// SIGFPE at every inexact result.
//
//     struct arch_float saved = arch_float_begin();
//     ARCH_FLOAT_HERE(input);   // what is computed from here on waits for the line above
//     ...
//     ARCH_FLOAT_HERE(result);  // and this is done before the line below
//     arch_float_end(saved);
#ifndef GAIAPROF_ARCH_FLOAT_H
#define GAIAPROF_ARCH_FLOAT_H

#include <stdint.h>

struct arch_float {
    uint32_t control; // MXCSR
};

// All exceptions masked, round to nearest, denormals as they are.
static inline struct arch_float arch_float_begin(void)
{
    const uint32_t usual = 0x1f80;
    struct arch_float saved;

    __asm__ volatile("stmxcsr %0" : "=m"(saved.control));
    __asm__ volatile("ldmxcsr %0" : : "m"(usual));
    return saved;
}

static inline void arch_float_end(struct arch_float saved)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(saved.control));
}

// Compilers don't see that arithmetic depends on MXCSR. An lvalue in memory.
#define ARCH_FLOAT_HERE(value) __asm__ volatile("" : "+m"(value))

#endif
