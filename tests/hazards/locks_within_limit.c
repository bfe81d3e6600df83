// SPDX-License-Identifier: MIT
// Without root a small program locks all its memory, of which it has less than the limit. All that
// is mapped counts for that call, and with us it is more; it is granted nevertheless, and the limit
// left as it was. What comes is locked as the last call has it, and errno untouched.
// EXPECT: site("main")["allocations"] == 1 and health["complete"]
// EVERY_MODE: process["exit"] == {"kind": "exited", "status": 0}
#include "status_kib.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define NOBODY 65534
#define LIMIT_BYTES (8u << 20)
#define NEW_KIB 64

static long locked_of_new_kib(void)
{
    long before_kib = status_kib("VmLck:");

    mmap(NULL, NEW_KIB << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return status_kib("VmLck:") - before_kib;
}

static void lock(int flags)
{
    int result;
    long all_kib;

    errno = EXFULL;
    result = mlockall(flags);
    printf("%d %s, ", result, errno == EXFULL ? "as it was" : strerrorname_np(errno));
    all_kib = status_kib("VmLck:");
    printf("%s, new %ld\n",
           all_kib < 1 << 10   ? "not all"
           : all_kib < 4 << 10 ? "all"
                               : "too much",
           locked_of_new_kib());
}

int main(void)
{
    const struct rlimit limit = {LIMIT_BYTES, LIMIT_BYTES};

    setrlimit(RLIMIT_MEMLOCK, &limit);
    if (getuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
        return 1;
    lock(MCL_CURRENT);
    lock(MCL_CURRENT | MCL_FUTURE);
    malloc(100);
    lock(MCL_CURRENT);
    munlockall();
    lock(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
    errno = 0;
    return 0;
}
