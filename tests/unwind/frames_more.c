// SPDX-License-Identifier: MIT
// Steps of frames.c, in a unit of their own that may be built in another way.
#include <alloca.h>
#include <stdint.h>

#define KEEP(memory) __asm__ volatile("" ::"r"(memory) : "memory")

struct walk;
void go_on(struct walk *walk, unsigned bytes);
extern uintptr_t wild;
uintptr_t wild;

// Realigned, moved and with arguments on the stack: gcc reaches those by way of a saved pointer,
// and the frame's CFA must be read from memory (DRAP).
__attribute__((noinline)) void realigned(struct walk *walk, unsigned bytes, long c, long d, long e,
                                         long f, long g, long h, long i)
{
    char aligned[64] __attribute__((aligned(64)));
    char *space = alloca((unsigned long)(g + h + i));

    KEEP(aligned);
    KEEP(space);
    go_on(walk, bytes);
    KEEP(c + d + e + f + g + h + i);
    go_on(walk, bytes);
}

void step_5(struct walk *walk, unsigned bytes)
{
    realigned(walk, bytes, 1, 2, 3, 4, bytes % 7 * 16, bytes % 3 * 16, 48);
    KEEP(walk);
}

__attribute__((noinline)) void takes_many(struct walk *walk, unsigned bytes, long c, long d, long e,
                                          long f, long g, long h, long i, long j)
{
    go_on(walk, bytes);
    KEEP(c + d + e + f + g + h + i + j);
}

// the stack pointer moves within the function: arguments are pushed
void step_6(struct walk *walk, unsigned bytes)
{
    takes_many(walk, bytes, 1, 2, 3, 4, 5, 6, 7, bytes);
    go_on(walk, bytes);
    takes_many(walk, bytes, 1, 2, 3, 4, 5, 6, bytes, 8);
}

// rbp holds anything, and another thing at each event
void step_7_body(struct walk *walk, unsigned bytes);
__asm__(".globl step_7\n.type step_7, @function\nstep_7:\n.cfi_startproc\n"
        "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset rbp, -16\n"
        "push %rbx\n.cfi_def_cfa_offset 24\n.cfi_offset rbx, -24\n"
        "sub $8, %rsp\n.cfi_def_cfa_offset 32\n"
        "mov wild@GOTPCREL(%rip), %rax\nmov (%rax), %rbp\n"
        "call step_7_body@PLT\n"
        "add $8, %rsp\n.cfi_def_cfa_offset 24\n"
        "pop %rbx\n.cfi_def_cfa_offset 16\npop %rbp\n.cfi_def_cfa_offset 8\n"
        "ret\n.cfi_endproc\n.size step_7, . - step_7\n");

void step_7_body(struct walk *walk, unsigned bytes)
{
    static const uintptr_t values[] = {0,
                                       1,
                                       7,
                                       8,
                                       16,
                                       UINTPTR_MAX,
                                       UINTPTR_MAX - 7,
                                       0x8000000000000000,
                                       0x00007ffffffff000,
                                       0x0000800000000000};
    static unsigned at;

    at++;
    wild = at % 3 ? values[at % (sizeof(values) / sizeof(values[0]))]
                  : (uintptr_t)__builtin_frame_address(0) + (at % 64 * 8) - 256;
    go_on(walk, bytes);
    wild = at % 5 ? (uintptr_t)&walk : (uintptr_t)&wild;
    go_on(walk, bytes);
}

// a megabyte
void step_8(struct walk *walk, unsigned bytes)
{
    char large[1 << 20];

    large[0] = large[sizeof(large) - 1] = 0;
    KEEP(large);
    go_on(walk, bytes);
}

// two ways out and registers to save
void step_9(struct walk *walk, unsigned bytes)
{
    long a = bytes, b = bytes + 1, c = bytes + 2, d = bytes + 3, e = bytes + 4;

    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
    if (bytes % 2) {
        go_on(walk, bytes);
        KEEP(a + b);
        return;
    }
    go_on(walk, bytes);
    KEEP(a + b + c + d + e);
    go_on(walk, bytes);
    KEEP(a * b * c * d * e);
}
