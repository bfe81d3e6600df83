// SPDX-License-Identifier: MIT
// Locals of 32 and 64 bytes of alignment in vector registers that live over calls, with and
// without alloca, and the stack realigned by attribute.
// EXPECT: site("leaf")["allocations"] == int(stdout) and len(sites("leaf")) > 500
// EXPECT: all(spelled(s) for s in sites("leaf"))
// EXPECT: all(s["stack"][-1]["function"] == "_start" for s in sites("leaf"))
#include "spell.h"

#include <alloca.h>
#include <stdio.h>

#define KEEP(memory) __asm__ volatile("" ::"r"(memory) : "memory")

// as large as the registers of AVX and AVX-512; gcc makes do with what the machine has
#define VECTOR(bytes) long __attribute__((vector_size(bytes)))

void step_1(struct walk *walk, unsigned bytes)
{
    VECTOR(32) sum = {bytes, walk->leaves};

    go_on(walk, bytes);
    sum += walk->leaves;
    KEEP(&sum);
    go_on(walk, bytes);
}

void step_2(struct walk *walk, unsigned bytes)
{
    VECTOR(64) sum = {bytes, walk->leaves};
    char *space = alloca(next_random(walk) % 9 * 16);

    KEEP(space);
    go_on(walk, bytes);
    KEEP(&sum);
    go_on(walk, bytes);
}

__attribute__((force_align_arg_pointer)) void step_3(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    go_on(walk, bytes);
}

__attribute__((force_align_arg_pointer)) void step_4(struct walk *walk, unsigned bytes)
{
    char space[next_random(walk) % 100 + 1];

    KEEP(space);
    go_on(walk, bytes);
    go_on(walk, bytes);
}

__attribute__((noinline)) VECTOR(32)
    with_vectors(struct walk *walk, unsigned bytes, VECTOR(32) a, VECTOR(32) b, VECTOR(32) c,
                 VECTOR(32) d, VECTOR(32) e, VECTOR(32) f, VECTOR(32) g, VECTOR(32) h, VECTOR(32) i)
{
    VECTOR(64) large = {bytes};

    KEEP(&large);
    go_on(walk, bytes);
    return a + b + c + d + e + f + g + h + i;
}

void step_5(struct walk *walk, unsigned bytes)
{
    VECTOR(32) v = {bytes};

    v = with_vectors(walk, bytes, v, v, v, v, v, v, v, v, v);
    KEEP(&v);
    go_on(walk, bytes);
}

const step_function steps[] = {step_1, step_2, step_3, step_4, step_5};
const unsigned step_count = 5;

int main(void)
{
    struct walk walk = {.random = 7};

    setvbuf(stdout, NULL, _IONBF, 0);
    while (walk.leaves < 10000)
        go_on(&walk, 0);
    printf("%u", walk.leaves);
    return 0;
}
