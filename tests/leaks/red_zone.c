// SPDX-License-Identifier: MIT
// A thread waits in a function without a frame: what it holds lies just below its stack pointer,
// where the ABI lets it. What lies further below is nobody's.
// LEAKS: reachable hold 2 80, definite lose 1 48
#include "leaks.h"

static atomic_int waiter_tid;

KEEP void *hold(void);
KEEP void *lose(void);
KEEP void announce(void);
void wait_in_leaf(void);

__attribute__((noinline)) void *hold(void)
{
    return malloc(40);
}

__attribute__((noinline)) void *lose(void)
{
    return malloc(48);
}

__attribute__((noinline)) void announce(void)
{
    waiter_tid = gettid();
    forget();
    sem_post(&parked_count);
}

__asm__(".text\n"
        "wait_in_leaf:\n"
        "    .cfi_startproc\n"
        "    sub $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call hold\n"
        "    mov %rax, %rbx\n"
        "    call hold\n"
        "    mov %rax, %r12\n"
        "    call lose\n"
        "    mov %rax, %r13\n"
        "    call announce\n"
        "    lea -128(%rsp), %rdi\n" // what the calls have left there counts, too
        "    mov $16, %ecx\n"
        "    xor %eax, %eax\n"
        "    rep stosq\n"
        "    mov %rbx, -8(%rsp)\n"
        "    mov %r12, -128(%rsp)\n"
        "    mov %r13, -256(%rsp)\n"
        "    xor %ebx, %ebx\n"
        "    xor %r12d, %r12d\n"
        "    xor %r13d, %r13d\n"
        "1:  mov $34, %eax\n" // pause
        "    syscall\n"
        "    jmp 1b\n"
        "    .cfi_endproc\n");

static void *live(void *unused)
{
    wait_in_leaf();
    return unused;
}

int main(void)
{
    start_thread(live, NULL);
    wait_until_parked(1);
    await_sleep(waiter_tid);
    usleep(20000); // under Memcheck a thread also sleeps while another has its turn
    forget();
    return 0;
}
