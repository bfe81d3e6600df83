// SPDX-License-Identifier: MIT
// The program calls exit in a function that holds blocks in registers alone.
// LEAKS: reachable hold 5 200, definite lose 1 48
#include "leaks.h"

#ifndef END
#define END "exit"
#endif

KEEP void *hold(void);
KEEP void lose(void);
KEEP void forget_all(void);
void end_with_registers(void);

__attribute__((noinline)) void *hold(void)
{
    return malloc(40);
}

__attribute__((noinline)) void lose(void)
{
    void *volatile block = malloc(48);

    (void)block;
}

__attribute__((noinline)) void forget_all(void)
{
    forget();
}

__asm__(".text\n"
        "end_with_registers:\n"
        "    .cfi_startproc\n"
        "    sub $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call lose\n"
        "    call hold\n"
        "    mov %rax, %rbx\n"
        "    call hold\n"
        "    mov %rax, %r12\n"
        "    call hold\n"
        "    mov %rax, %r13\n"
        "    call hold\n"
        "    mov %rax, %r14\n"
        "    call hold\n"
        "    mov %rax, %r15\n"
        "    call forget_all\n"
        "    xor %edi, %edi\n"
        "    call " END "@PLT\n"
        "    hlt\n"
        "    .cfi_endproc\n");

int main(void)
{
    end_with_registers();
    return 1;
}
