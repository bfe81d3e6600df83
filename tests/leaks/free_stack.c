// SPDX-License-Identifier: MIT
// The program frees a variable of the stack: there is no block, so nothing is known. glibc ends
// it.
// LEAKS: unclassified
// MISUSE: none
// STATUS: -6
// MEMCHECK: none
// MEMCHECK-MISUSE: invalid ? release 1
#include "leaks.h"

static long global_words[20] __attribute__((aligned(16)));

static SITE void release(void *words)
{
    free(words);
}

int main(void)
{
    long stack_words[20] __attribute__((aligned(16))) = {0};

    global_words[0] = stack_words[0];
    release(stack_words + 2); // where a block's size would be, there is 0
    return 0;
}
