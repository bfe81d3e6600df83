// SPDX-License-Identifier: MIT
//
// arch/x86_64/syscall.h - the raw system call. Not libc's: that one sets errno, may be interposed
// and may be a cancellation point. Returns the result or -errno. Any thread, any signal context.
#ifndef GAIAPROF_ARCH_SYSCALL_H
#define GAIAPROF_ARCH_SYSCALL_H

static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#endif
