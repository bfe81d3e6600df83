// SPDX-License-Identifier: MIT
// A storm of shells that start shells, by system and popen: as many lines as without us, in order.
// EXPECT: len(reports) == 1 and process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: stdout.splitlines()[-1] == "statuses 0 768 32512, popen 40 lines"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

int main(void)
{
    char line[100];
    int lines = 0, statuses[3];
    FILE *output;

    statuses[0] = system("for i in 1 2 3 4 5 6 7 8; do (echo $i; (echo in $i)) ; done");
    statuses[1] = system("exit 3");
    statuses[2] = system("/nowhere 2>&-");
    output = popen("for i in 1 2 3 4; do sh -c 'for j in 1 2 3 4 5 6 7 8 9 10; do (echo $j); done';"
                   "done",
                   "r");
    while (fgets(line, sizeof(line), output))
        lines++;
    pclose(output);
    printf("statuses %d %d %d, popen %d lines\n", statuses[0], statuses[1], statuses[2], lines);
    return 0;
}
