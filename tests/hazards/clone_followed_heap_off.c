// SPDX-License-Identifier: MIT
// A child made by clone, past libc, is followed though nothing is recorded of the heap: its threads
// and locks are.
// OPTIONS: follow=fork:heap=off
// EXPECT: [r["process"]["exit"]["status"] for r in reports] in ([0, 7], [7, 0])
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void *volatile block;

int main(void)
{
    block = malloc(100);
    if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) == 0) {
        block = malloc(200);
        exit(7);
    }
    wait(NULL);
    return 0;
}
