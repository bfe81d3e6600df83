// SPDX-License-Identifier: MIT
// exec ends the profile properly; an exec that fails ends nothing. The new program runs clean.
// EXPECT: len(reports) == 1 and process["exit"]["kind"] == "execed"
// EXPECT: site("before")["allocations"] == 1 and site("after_failure")["allocations"] == 1
// EXPECT: stdout == "errno 2\nclean\n"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void before(void)
{
    malloc(1);
}

void after_failure(void)
{
    malloc(2);
}

int main(void)
{
    before();
    execl("/nonexistent/program", "program", (char *)NULL);
    printf("errno %d\n", errno);
    fflush(stdout);
    after_failure();
    execlp("sh", "sh", "-c", "echo ${LD_PRELOAD-clean}", (char *)NULL);
    return 1;
}
