// SPDX-License-Identifier: MIT
// A signal interrupts a loop that holds blocks in registers alone, and its handler calls exit: the
// registers are on the stack meanwhile.
// LEAKS: reachable hold 2 80, definite lose 1 48
#include "leaks.h"

#include <signal.h>

KEEP void *hold(void);
KEEP void start_timer(void);
void loop_with_registers(void);

__attribute__((noinline)) void *hold(void)
{
    return malloc(40);
}

static SITE void lose(void)
{
    void *volatile block = malloc(48);

    (void)block;
}

__attribute__((noinline)) void start_timer(void)
{
    forget();
    alarm(1);
}

static void handle(int signal)
{
    (void)signal;
    lose();
    forget();
    exit(0);
}

__asm__(".text\n"
        "loop_with_registers:\n"
        "    .cfi_startproc\n"
        "    sub $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call hold\n"
        "    mov %rax, %rbx\n"
        "    call hold\n"
        "    mov %rax, %r12\n"
        "    call start_timer\n"
        "    mov %rbx, %r9\n"
        "    mov %r12, %rcx\n"
        "    xor %ebx, %ebx\n"
        "    xor %r12d, %r12d\n"
        "1:  pause\n"
        "    jmp 1b\n"
        "    .cfi_endproc\n");

int main(void)
{
    signal(SIGALRM, handle);
    loop_with_registers();
    return 1;
}
