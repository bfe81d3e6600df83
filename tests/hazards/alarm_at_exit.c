// SPDX-License-Identifier: MIT
// A watchdog, alarm, has not come when the program has ended; the report is this program again,
// slow, and longer than what was left. The time is the program's own: it isn't killed.
// OPTIONS: report=text:report_file=/dev/null
// ENVIRONMENT: GAIAPROF_CLI=/proc/self/exe
// STATUS: 3
// WITNESS: without interval timer
// EXPECT: process["exit"] == {"kind": "exited", "status": 3}
#include <string.h>
#include <unistd.h>

#define REPORT_US 1600000

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "report") == 0)
        return usleep(REPORT_US);
    alarm(1);
    return 3;
}
