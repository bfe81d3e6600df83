// SPDX-License-Identifier: MIT
// main returned: what its variables held is lost, though the words are still there.
// LEAKS: definite of_main 1 40, definite of_array 20 960, definite of_helper 1 56
#include "leaks.h"

static SITE void *of_main(void)
{
    return malloc(40);
}

static SITE void *of_array(void)
{
    return malloc(48);
}

static SITE void of_helper(void)
{
    void *volatile blocks[10] = {malloc(56)};

    (void)blocks[0];
}

int main(void)
{
    void *volatile block = of_main();
    void *volatile array[20];

    for (int i = 0; i < 20; i++)
        array[i] = of_array();
    of_helper();
    return block == array[0];
}
