// SPDX-License-Identifier: MIT
// A storm of shells that start shells, each followed: as many lines as without us, in order, and
// each process that became none of another has a profile that ended well.
// OPTIONS: follow=all:leaks=off
// EXPECT: len(reports) >= 7 and all(r["process"]["exit"]["kind"] in ("exited", "execed") for r in reports)
// EXPECT: stdout.splitlines()[-1] == "statuses 0 768"
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    int statuses[2];

    statuses[0] = system("for i in 1 2; do (echo $i; sh -c '(echo in; exit 0)'); done");
    statuses[1] = system("exit 3");
    printf("statuses %d %d\n", statuses[0], statuses[1]);
    return 0;
}
