// SPDX-License-Identifier: MIT
// A program turns off the randomisation of addresses and starts itself again, as garbage collectors
// and sanitizers do: it lies where it lies without us, and is recorded.
// OPTIONS: follow=exec
// EXPECT: stdout == "not random, once more\n" and len(reports) == 2
// EXPECT: reports[1]["heap"]["allocations"] >= 1
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int persona = personality(0xffffffff);

    if (argc == 1) {
        personality((unsigned long)persona | ADDR_NO_RANDOMIZE);
        execl("/proc/self/exe", argv[0], "again", (char *)NULL);
        return 127;
    }
    free(malloc(10));
    printf("%s, once more\n", persona & ADDR_NO_RANDOMIZE ? "not random" : "random");
    return 0;
}
