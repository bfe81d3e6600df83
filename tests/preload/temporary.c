// SPDX-License-Identifier: MIT
// Temporary: freed by the thread that allocated it, with no other allocation of it in between.
// EXPECT: site("scratch")["temporary"] == 5
// EXPECT: site("held")["temporary"] == 0 and site("held")["frees"] == 5
// EXPECT: heap["temporary"] == 10
#include <stdlib.h>

void *scratch(void)
{
    return malloc(10);
}

void *held(void)
{
    return malloc(20);
}

void *between(void)
{
    return malloc(30);
}

int main(void)
{
    for (int i = 0; i < 5; i++) {
        free(scratch());
        void *block = held();
        free(between()); // temporary too
        free(block);
    }
    return 0;
}
