// SPDX-License-Identifier: MIT
// Only our own entry leaves LD_PRELOAD, for the host and for its children.
// EXPECT: "libgaiaprof" not in stdout
// EXPECT: process["exit"]["status"] == 0
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    const char *preload = getenv("LD_PRELOAD");

    printf("%s\n", preload ? preload : "none");
    fflush(stdout);
    return system("echo ${LD_PRELOAD-none}");
}
