// SPDX-License-Identifier: MIT
// The host changes its directory: the profile stays where it was, and goes on growing.
// EXPECT: heap["allocations"] >= 16384 and len(heap["sites"]) > 16000
// EXPECT: not any(health["dropped"].values())
#include "many_stacks.h"

#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    umask(0777);
    if (chdir("/") != 0)
        return 1;
    many_stacks(14);
    return 0;
}
