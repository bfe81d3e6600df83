// SPDX-License-Identifier: MIT
// Waits for a futex by syscall(), whose last argument may be on the stack, in code without frame
// pointers: the whole stack of the wait is found, as libunwind finds it. (graphviz, gdb: glib's
// g_cond_wait.)
// OPTIONS: unwind=check
// EXPECT: health["unwind_mismatches"] == 0
// EXPECT: {tuple(functions(w["stack"])[:4]) for w in lock("word")["waiters"]} == {("wait_briefly", "step", "outer", "main")}
// EXPECT: lock("word").get("timeouts") == 2
#include <linux/futex.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int word;
static const struct timespec limit = {0, 1000000};

// Five arguments, as most callers do: what is above them on the stack is not the sixth's.
long wait_briefly(int *address, int value, long sum)
{
    long result = syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, value, &limit);

    return result + *address + value + sum;
}

long step(int *address, long sum)
{
    long first = wait_briefly(address, 0, sum);

    return first + wait_briefly(address, 0, sum + first);
}

long outer(int *address)
{
    long sum = step(address, 1);

    return sum + *address;
}

int main(void)
{
    printf("%ld\n", outer(&word));
    return 0;
}
