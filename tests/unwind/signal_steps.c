// SPDX-License-Identifier: MIT
// A handler that allocates after every single instruction (the trap flag) of functions of every
// form: prologues, epilogues, PLT stubs, the loader that binds a name at its first call, libc. On
// the stack of the thread, on another one, and nested.
// EXPECT: site("on_step")["allocations"] == int(stdout.split()[0]) > 500
// EXPECT: site("on_nested")["allocations"] == int(stdout.split()[1]) > 200
// EXPECT: all([f["function"] for f in s["stack"]][-6:-3] == ["with_trap", "all_steps", "main"] for s in sites("on_step") if "of_many" not in [f["function"] for f in s["stack"]])
// EXPECT: all(s["stack"][-4]["function"] == "main" for s in sites("of_many"))
// EXPECT: all(sum(s["allocations"] for s in sites(name)) >= 45 for name in ("plain", "with_frame", "moving", "realigned", "red_zone", "by_hand"))
// EXPECT: not any(health["dropped"].values())
// OUTPUT: varies
#include <alloca.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <ucontext.h>
#include <unistd.h>

#define KEEP(memory) __asm__ volatile("" ::"r"(memory) : "memory")

static volatile unsigned steps, nested;
static int is_nesting;

void on_nested(int signal)
{
    (void)signal;
    free(malloc(6));
    nested++;
}

void on_step(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    free(malloc(5));
    steps++;
    if (is_nesting)
        raise(SIGUSR1);
}

// Calls function with the trap flag set.
void with_trap(void (*function)(void));
__asm__(".globl with_trap\n.type with_trap, @function\nwith_trap:\n.cfi_startproc\n"
        "sub $8, %rsp\n.cfi_def_cfa_offset 16\n"
        "pushf\n.cfi_adjust_cfa_offset 8\norq $0x100, (%rsp)\npopf\n.cfi_adjust_cfa_offset -8\n"
        "call *%rdi\n"
        "pushf\n.cfi_adjust_cfa_offset 8\nandq $~0x100, (%rsp)\npopf\n.cfi_adjust_cfa_offset -8\n"
        "add $8, %rsp\n.cfi_def_cfa_offset 8\nret\n.cfi_endproc\n.size with_trap, . - with_trap\n");

void plain(void)
{
    volatile long a = 1, b = 2;

    a = getppid() + a;
    b = strtol("12", NULL, 10) + b;
    KEEP(a + b);
}

__attribute__((optimize("no-omit-frame-pointer"))) void with_frame(void)
{
    volatile long a = getuid();

    KEEP(&a);
    a += getgid();
}

void moving(void)
{
    for (int i = 1; i < 4; i++) {
        char *space = alloca((size_t)(geteuid() * 0 + 32) * (size_t)i);
        KEEP(space);
    }
}

// At its last two instructions gcc 12 says that rbp lies where the caller's rbp points, which is
// restored by then: with frame pointers, with_trap and all_steps are missing there.
__attribute__((noinline)) long of_many(long a, long b, long c, long d, long e, long f, long g)
{
    char aligned[64] __attribute__((aligned(64)));
    char *space = alloca((size_t)g * 16);

    KEEP(aligned);
    KEEP(space);
    return a + b + c + d + e + f + g + getegid();
}

void realigned(void)
{
    KEEP(of_many(1, 2, 3, 4, 5, 6, 7));
}

static __attribute__((noinline)) long sum_in_red_zone(long start)
{
    volatile long words[8];

    for (int i = 0; i < 8; i++)
        words[i] = start + i;
    return words[0] + words[7];
}

void red_zone(void)
{
    KEEP(sum_in_red_zone(3));
}

// the CFA by rbx for a while
void by_hand(void);
__asm__(".globl by_hand\n.type by_hand, @function\nby_hand:\n.cfi_startproc\n"
        "push %rbx\n.cfi_def_cfa_offset 16\n.cfi_offset rbx, -16\n"
        "mov %rsp, %rbx\n.cfi_def_cfa_register rbx\n"
        "sub $72, %rsp\nand $-32, %rsp\nnop\nnop\nnop\nnop\nnop\nnop\n"
        "mov %rbx, %rsp\n.cfi_def_cfa_register rsp\n"
        "pop %rbx\n.cfi_def_cfa_offset 8\n.cfi_restore rbx\n"
        "nop\nnop\nnop\nret\n.cfi_endproc\n.size by_hand, . - by_hand\n");

void all_steps(void)
{
    with_trap(plain);
    with_trap(with_frame);
    with_trap(moving);
    with_trap(realigned);
    with_trap(red_zone);
    with_trap(by_hand);
    KEEP(0);
}

int main(void)
{
    static char space[128 << 10];
    stack_t other = {.ss_sp = space, .ss_size = sizeof(space)};
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

    setvbuf(stdout, NULL, _IONBF, 0);
    signal(SIGUSR1, on_nested);
    free(malloc(1));
    raise(SIGUSR1);
    sigaction(SIGTRAP, &action, NULL);
    all_steps(); // binds every name
    sigaltstack(&other, NULL);
    action.sa_flags |= SA_ONSTACK;
    sigaction(SIGTRAP, &action, NULL);
    all_steps();
    is_nesting = 1;
    all_steps();
    printf("%u %u", steps, nested);
    return 0;
}
