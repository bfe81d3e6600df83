// SPDX-License-Identifier: MIT
// daemon(3): the parent ends inside libc, the child goes on without anybody's profile. What the
// parent did until then is readable.
// EXPECT: len(reports) == 1 and site("before")["allocations"] == 3 and site("after") == {}
// EXPECT: process["exit"]["kind"] in ("exited", "killed")
// OUTPUT: varies
#include <stdlib.h>
#include <unistd.h>

static void before(void)
{
    malloc(10);
}

static void after(void)
{
    malloc(20);
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        before();
    if (daemon(1, 0) != 0)
        return 1;
    after();
    return 0;
}
