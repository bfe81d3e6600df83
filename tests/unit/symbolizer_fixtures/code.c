// SPDX-License-Identifier: MIT
//
// code.c - functions and variables with known names, lines and inlining. symbolizer_frames_test.c
// knows the line of every marked statement and expects it there: add nothing above
// the last of them.
#include <stdio.h>

// A label in the code, whose address the test reads from the symbol table.
#define SPOT(name) __asm__ volatile(".globl spot_" #name "\nspot_" #name ":\n\tnop")
#define ALWAYS_INLINE static inline __attribute__((always_inline))

int code_counter = 7;
static int code_hidden[4] __attribute__((used)) = {1, 2, 3, 4};
int code_zeroed[16];

ALWAYS_INLINE void leaf(void)
{
    code_counter++;
    SPOT(leaf); // line 19
}

ALWAYS_INLINE void middle(void)
{
    code_zeroed[3]++;
    leaf(); // line 25
    SPOT(middle); // line 26
}

__attribute__((noinline)) void outer(void)
{
    code_hidden[1]++;
    middle(); // line 32
    SPOT(outer); // line 33
}

__attribute__((noinline)) static int local_function(int value)
{
    SPOT(local_function); // line 38
    return value * code_counter;
}

__attribute__((noinline)) int call_through_plt(const char *text)
{
    SPOT(call_through_plt); // line 44
    return puts(text) + local_function((int)text[0]);
}
