// SPDX-License-Identifier: MIT
// Tail calls leave no frame; the function that never returns ends with a call, so its return
// address is the next function's; a nested function runs by a trampoline on the stack.
// EXPECT: [f["function"] for f in sites("last")[0]["stack"]][:2] == ["last", "main"] and site("last")["allocations"] == 30
// EXPECT: [f["function"] for f in sites("never_returns")[0]["stack"]][:4] == ["allocates", "never_returns", "calls_never", "main"]
// EXPECT: site("allocates")["allocations"] == 10 and len(sites("never_returns")) == 1 and not sites("behind")
// EXPECT: [str(f["function"]).split(".")[0] for f in sites("with_nested")[0]["stack"]][:4] == ["nested", "calls", "with_nested", "main"]
#include <setjmp.h>
#include <stdlib.h>

static jmp_buf back;

__attribute__((noinline)) void last(size_t bytes)
{
    free(malloc(bytes));
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void second(size_t bytes)
{
    return last(bytes + 1);
}

__attribute__((noinline)) void first(size_t bytes)
{
    return second(bytes + 1);
}

__attribute__((noinline)) void allocates(void)
{
    free(malloc(33));
    longjmp(back, 1);
}

// in assembler, for nothing to come after the call
void never_returns(void);
void behind(void);
__asm__(".globl never_returns\n.type never_returns, @function\nnever_returns:\n.cfi_startproc\n"
        "sub $24, %rsp\n.cfi_def_cfa_offset 32\ncall allocates@PLT\n"
        ".cfi_endproc\n.size never_returns, . - never_returns\n"
        ".globl behind\n.type behind, @function\nbehind:\n.cfi_startproc\n"
        "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset rbp, -16\npop %rbp\nret\n"
        ".cfi_endproc\n.size behind, . - behind\n");

__attribute__((noinline)) void calls_never(void)
{
    if (!setjmp(back))
        never_returns();
}

__attribute__((noinline)) void calls(void (*function)(void))
{
    function();
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void with_nested(size_t bytes)
{
    void nested(void)
    {
        free(malloc(bytes));
        __asm__ volatile("" ::: "memory");
    }
    calls(nested);
    bytes++;
    calls(nested);
}

int main(void)
{
    for (volatile int i = 0; i < 10; i++) {
        first(1);
        second(2);
        last(3);
        calls_never();
        with_nested(50);
    }
    return 0;
}
