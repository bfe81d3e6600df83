// SPDX-License-Identifier: MIT
// rbp holds anything at all when an event comes: in functions that say where the caller's is, the
// stack is whole; in code that says nothing, it ends somewhere and nothing breaks.
// EXPECT: site("leaf")["allocations"] == 2 * int(stdout)
// EXPECT: sum(s["allocations"] for s in sites("described") if "main" in [f["function"] for f in s["stack"]]) == int(stdout)
// EXPECT: sum(s["allocations"] for s in sites("undescribed")) == int(stdout)
// EXPECT: all(s["stack"][-1]["function"] == "_start" for s in sites("described"))
// CHECK: health["unwind_mismatches"] <= int(stdout) # only in undescribed()
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void leaf(void)
{
    free(malloc(16));
}

void described(uintptr_t rbp);
__asm__(".globl described\n.type described, @function\ndescribed:\n.cfi_startproc\n"
        "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset rbp, -16\n"
        "mov %rdi, %rbp\ncall leaf@PLT\n"
        "pop %rbp\n.cfi_def_cfa_offset 8\nret\n.cfi_endproc\n.size described, . - described\n");

void undescribed(uintptr_t rbp);
__asm__(".globl undescribed\n.type undescribed, @function\nundescribed:\n"
        "push %rbp\nmov %rdi, %rbp\ncall leaf@PLT\npop %rbp\nret\n.size undescribed, . - "
        "undescribed\n");

static void events(uintptr_t rbp, unsigned *count)
{
    described(rbp);
    undescribed(rbp);
    ++*count;
}

int main(void)
{
    static const uintptr_t addresses[] = {0,
                                          1,
                                          8,
                                          0xffff,
                                          UINTPTR_MAX,
                                          UINTPTR_MAX - 7,
                                          UINTPTR_MAX - 15,
                                          UINTPTR_MAX - 16,
                                          INTPTR_MAX,
                                          (uintptr_t)INTPTR_MIN,
                                          0x00007fffffffeff8,
                                          0x00007ffffffffff8,
                                          0x0000800000000000,
                                          0xffff800000000000,
                                          0xffffffffff600000};
    size_t page = 4096;
    char *hole = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    unsigned count = 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    munmap(hole + page, page);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        events(addresses[i], &count);
    for (int i = -40; i <= 40; i++) // words of the stack, also odd ones; around a hole
        for (int word = 8; word > 0; word /= 2)
            events(here + (uintptr_t)(i * word), &count);
    for (int i = -20; i <= 20; i++) {
        events((uintptr_t)hole + page + (uintptr_t)i * 8, &count);
        events((uintptr_t)hole + 2 * page + (uintptr_t)i, &count);
    }
    for (uintptr_t up = 0; up < 16 * page; up += page / 2) // over the end of the stack
        events(((here | (page - 1)) + 1 - 8) + up, &count);
    printf("%u", count);
    return 0;
}
