// SPDX-License-Identifier: MIT
// A process that nobody may look into (PR_SET_DUMPABLE), that can gain no privileges and is no
// longer root: it is so for itself too. Nothing of it is different with us, who can't look for
// leaks.
// EXPECT: site("lose")["live_blocks"] == 3 and process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: stdout == "dumpable 0, no new privileges 1\n"
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void lose(void)
{
    malloc(30);
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        lose();
    if (setresuid(65534, 65534, 65534) != 0 && getuid() == 0)
        return 1;
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    printf("dumpable %d, ", prctl(PR_GET_DUMPABLE));
    printf("no new privileges %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}
