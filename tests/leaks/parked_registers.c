// SPDX-License-Identifier: MIT
// A thread that waits in the kernel holds blocks in its registers alone, another in a loop.
// LEAKS: reachable hold 7 280, definite lose 1 48
#include "leaks.h"

static atomic_int waiter_tid;

KEEP void *hold(void);
KEEP void lose(void);
KEEP void announce(void);
void wait_with_registers(void);
void loop_with_registers(void);

__attribute__((noinline)) void *hold(void)
{
    return malloc(40);
}

__attribute__((noinline)) void lose(void)
{
    void *volatile block = malloc(48);

    (void)block;
}

__attribute__((noinline)) void announce(void)
{
    forget();
    sem_post(&parked_count);
}

__asm__(".text\n"
        "wait_with_registers:\n"
        "    .cfi_startproc\n"
        "    push %rbp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call lose\n"
        "    call hold\n"
        "    mov %rax, %rbx\n"
        "    call hold\n"
        "    mov %rax, %rbp\n"
        "    call hold\n"
        "    mov %rax, %r12\n"
        "    call hold\n"
        "    mov %rax, %r13\n"
        "    call hold\n"
        "    mov %rax, %r15\n"
        "    call announce\n"
        "1:  mov $34, %eax\n" // pause
        "    syscall\n"
        "    jmp 1b\n"
        "    .cfi_endproc\n"
        "loop_with_registers:\n"
        "    .cfi_startproc\n"
        "    sub $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call hold\n"
        "    mov %rax, %rbx\n"
        "    call hold\n"
        "    mov %rax, %r12\n"
        "    call announce\n"
        "    mov %rbx, %r10\n"
        "    mov %r12, %rdx\n"
        "    xor %ebx, %ebx\n"
        "    xor %r12d, %r12d\n"
        "2:  pause\n"
        "    jmp 2b\n"
        "    .cfi_endproc\n");

static void *live(void *run)
{
    if (run == wait_with_registers)
        waiter_tid = gettid();
    ((void (*)(void))run)();
    return NULL;
}

int main(void)
{
    start_thread(live, wait_with_registers);
    start_thread(live, loop_with_registers);
    wait_until_parked(2);
    await_sleep(waiter_tid);
    usleep(20000); // under Memcheck a thread also sleeps while another has its turn
    forget();
    return 0;
}
