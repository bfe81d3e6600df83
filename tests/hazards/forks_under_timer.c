// SPDX-License-Identifier: MIT
// A profiler of the host's own signals every millisecond, while the host, with a large heap, forks:
// no fork is interrupted for ever, each child ends.
// EXPECT: stdout == "30 children\n" and site("fill")["allocations"] == 20000
// EXPECT: health["complete"] and len(reports) == 1
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 20000
#define CHILDREN 30

static volatile sig_atomic_t samples;
static void *blocks[BLOCKS];

static void handler(int signal)
{
    (void)signal;
    samples++;
}

static void fill(void)
{
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(2000);
}

int main(void)
{
    struct itimerval each = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    int good = 0;

    fill();
    signal(SIGPROF, handler);
    setitimer(ITIMER_PROF, &each, NULL);
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0)
            _exit(7);
        waitpid(pid, &status, 0);
        good += WEXITSTATUS(status) == 7;
    }
    setitimer(ITIMER_PROF, &never, NULL);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    printf("%d children\n", good);
    return 0;
}
