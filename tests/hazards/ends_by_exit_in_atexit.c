// SPDX-License-Identifier: MIT
// A handler of exit calls exit again, and the one after that _exit: the last status counts, each
// handler runs once, and there is one report.
// STATUS: 23
// OPTIONS: report=text:report_file=/dev/null
// EXPECT: process["exit"] == {"kind": "exited", "status": 23} and len(reports) == 1
// EXPECT: site("first")["allocations"] == site("second")["allocations"] == 1
#include <stdlib.h>
#include <unistd.h>

static void last(void)
{
    write(1, "last\n", 5);
    _exit(23);
}

static void second(void)
{
    malloc(2);
    write(1, "second\n", 7);
    exit(22);
}

static void first(void)
{
    malloc(1);
    write(1, "first\n", 6);
    exit(21);
}

int main(void)
{
    atexit(last);
    atexit(second);
    atexit(first);
    return 20;
}
