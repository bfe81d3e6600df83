// SPDX-License-Identifier: MIT
// The program puts an LD_PRELOAD that names us into its environment, in memory that nobody may
// write: the report at exit must not.
// OPTIONS: report=text:report_file=/dev/null
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    putenv((char *)"LD_PRELOAD=libgaiaprof.so");
    puts(getenv("LD_PRELOAD"));
    return 0;
}
