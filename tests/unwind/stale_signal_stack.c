// SPDX-License-Identifier: MIT
// A signal stack is disabled past libc and unmapped; a fiber's smaller stack comes to lie there,
// and its outermost frame says that it goes on behind the end: nothing is read there.
// EXPECT: site("on_fiber")["allocations"] == 5 and site("on_fiber")["live_blocks"] == 0
// EXPECT: site("main")["frees"] == 1
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNAL_STACK_BYTES ((size_t)1 << 16)
#define FIBER_STACK_BYTES ((size_t)1 << 14)

__attribute__((used)) void on_fiber(void)
{
    for (int i = 0; i < 5; i++)
        free(malloc(20));
}

// Its tables know nothing of the other stack.
__attribute__((noinline)) static void call_on_fiber(char *top)
{
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tcall on_fiber\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(top)
                     : "rbx", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
                       "memory");
}

int main(void)
{
    stack_t stack = {.ss_size = SIGNAL_STACK_BYTES}, none = {.ss_flags = SS_DISABLE};
    char *fiber;

    free(malloc(10)); // we know the thread
    stack.ss_sp =
        mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(&stack, NULL);
    syscall(SYS_sigaltstack, &none, NULL);
    munmap(stack.ss_sp, stack.ss_size);
    fiber = mmap(stack.ss_sp, FIBER_STACK_BYTES, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (fiber != stack.ss_sp)
        return 2;
    call_on_fiber(fiber + FIBER_STACK_BYTES);
    printf("done");
    fflush(stdout);
    return 0;
}
