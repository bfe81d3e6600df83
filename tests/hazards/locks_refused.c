// SPDX-License-Identifier: MIT
// Without root a small program locks all its memory, of which it has less than the limit. All that
// is mapped counts for that: with us it is more. The call fails then, as it may anywhere, and a
// line says why; not in a file of the host's where its stderr was.
// STDERR: mlockall: refused, as what is mapped for the profiler counts too
// EXPECT: site("main")["allocations"] == 1 and health["complete"]
// EVERY_MODE: process["exit"] == {"kind": "exited", "status": 0}
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define NOBODY 65534
#define LIMIT_BYTES (8u << 20)

int main(void)
{
    const struct rlimit limit = {LIMIT_BYTES, LIMIT_BYTES};
    int own = open("own", O_RDWR | O_CREAT, 0600);

    setrlimit(RLIMIT_MEMLOCK, &limit);
    if (getuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
        return 1;
    mlockall(MCL_CURRENT);
    malloc(100);
    dup2(own, 2);
    mlockall(MCL_CURRENT);
    printf("%d bytes\n", (int)lseek(own, 0, SEEK_END));
    errno = 0;
    return 0;
}
