// SPDX-License-Identifier: MIT
// A host whose stack is misaligned by a word where it calls us, as hand-written assembler and old
// compilers leave it: libc's functions get along with it, so must ours.
// EXPECT: site("call_misaligned")["allocations"] == 300
// EXPECT: site("call_misaligned")["live_blocks"] == 0
// EXPECT: all("main" in [f["function"] for f in s["stack"]] for s in sites("call_misaligned"))
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

// Calls function(first, second) with a stack pointer that is 8 bytes off.
void *call_misaligned(void *function, size_t first, size_t second);
__asm__(".globl call_misaligned\n.type call_misaligned, @function\ncall_misaligned:\n"
        ".cfi_startproc\n"
        "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset rbp, -16\n"
        "mov %rsp, %rbp\n.cfi_def_cfa_register rbp\n"
        "and $-16, %rsp\nsub $8, %rsp\n"
        "mov %rdi, %rax\nmov %rsi, %rdi\nmov %rdx, %rsi\ncall *%rax\n"
        "leave\n.cfi_def_cfa rsp, 8\nret\n"
        ".cfi_endproc\n.size call_misaligned, . - call_misaligned\n");

int main(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    for (size_t i = 1; i <= 100; i++) {
        void *block = call_misaligned((void *)malloc, i, 0);

        block = call_misaligned((void *)realloc, (size_t)block, 2 * i);
        call_misaligned((void *)free, (size_t)block, 0);
        block = call_misaligned((void *)calloc, i, 3);
        call_misaligned((void *)free, (size_t)block, 0);
        call_misaligned((void *)pthread_mutex_lock, (size_t)&mutex, 0);
        call_misaligned((void *)pthread_mutex_unlock, (size_t)&mutex, 0);
    }
    puts("done");
    return 0;
}
