// SPDX-License-Identifier: MIT
// A handler comes after every single instruction of the profiler's own hooks, and allocates there,
// or jumps out of the hook for good: every later stack is right, and no event is lost uncounted.
// EXPECT: all(spelled(s) for s in sites("leaf") if not {"torn", "on_trap"} & {f["function"] for f in s["stack"]})
// EXPECT: int(stdout) - health["dropped"]["nested"] <= sum(s["allocations"] for s in sites("whole")) <= int(stdout)
// EXPECT: all(s["stack"][-1]["function"] == "_start" for s in sites("whole"))
// EXPECT: health["dropped"]["nested"] > 1000 and site("on_trap")["allocations"] > 0
// OUTPUT: varies
#include "spell.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#define KEEP(memory) __asm__ volatile("" ::"r"(memory) : "memory")
#define JUMPS 500

static uintptr_t low, high; // the profiler's code
static sigjmp_buf ground;
static unsigned inside, jump_at; // 0: never

void step_1(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    go_on(walk, bytes);
}

void step_2(struct walk *walk, unsigned bytes)
{
    char space[next_random(walk) % 9 * 16 + 1];

    KEEP(space);
    go_on(walk, bytes);
}

void step_3(struct walk *walk, unsigned bytes)
{
    char aligned[64] __attribute__((aligned(64)));

    KEEP(aligned);
    go_on(walk, bytes);
    go_on(walk, bytes);
}

const step_function steps[] = {step_1, step_2, step_3};
const unsigned step_count = 3;

static void find_profiler(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1024];

    while (maps && fgets(line, sizeof(line), maps))
        if (strstr(line, "libgaiaprof.so") && strstr(line, " r-xp "))
            sscanf(line, "%lx-%lx", &low, &high);
    if (maps)
        fclose(maps);
}

void on_trap(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t pc = (uintptr_t)registers[REG_RIP];

    (void)signal;
    (void)info;
    if (pc - low >= high - low)
        return;
    // where it blocks signals, a trap would be the end
    if (memcmp((const void *)pc, "\x0f\x05", 2) == 0)
        registers[REG_EFL] &= ~0x100;
    inside++;
    if (jump_at == 0)
        free(malloc(3));
    else if (inside == jump_at)
        siglongjmp(ground, 1);
}

static void set_trap_flag(int on)
{
    if (on)
        __asm__ volatile("pushf\norq $0x100, (%%rsp)\npopf" ::: "memory", "cc");
    else
        __asm__ volatile("pushf\nandq $~0x100, (%%rsp)\npopf" ::: "memory", "cc");
}

// Its events are stepped through.
void torn(struct walk *walk)
{
    if (high)
        set_trap_flag(1);
    go_on(walk, 0);
    if (high)
        set_trap_flag(0);
}

void whole(struct walk *walk)
{
    go_on(walk, 0);
    KEEP(walk);
}

static unsigned whole_leaves(struct walk *walk)
{
    unsigned before = walk->leaves;

    whole(walk);
    return walk->leaves - before;
}

int main(void)
{
    static struct walk walk = {.random = 1}, stepped = {.random = 9};
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    static volatile unsigned leaves;

    setvbuf(stdout, NULL, _IONBF, 0);
    find_profiler();
    sigaction(SIGTRAP, &action, NULL);
    while (walk.leaves < 3000)
        leaves += whole_leaves(&walk);
    for (volatile int i = 0; i < 10; i++) {
        torn(&stepped);
        leaves += whole_leaves(&walk);
    }
    for (volatile unsigned i = 1; i < JUMPS; i++) {
        jump_at = i;
        inside = 0;
        if (!sigsetjmp(ground, 1))
            torn(&stepped);
        leaves += whole_leaves(&walk);
        leaves += whole_leaves(&walk);
    }
    printf("%u", leaves);
    return 0;
}
