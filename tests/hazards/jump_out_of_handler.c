// SPDX-License-Identifier: MIT
// A handler jumps out of whatever it interrupted, our hooks among it: recording goes on.
// EXPECT: site("after")["allocations"] == 1000 == site("after")["frees"]
// EXPECT: health["complete"]
// OUTPUT: varies
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

static sigjmp_buf back;

void handler(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

void after(void)
{
    free(malloc(30));
}

// Our own work is the long part of a mutex operation that creates its lock record; glibc's part
// has no state a jump could break.
static void interrupted(void)
{
    static pthread_mutex_t mutexes[100000];
    static int next;

    for (; next < 100000; next++) {
        pthread_mutex_lock(&mutexes[next]);
        pthread_mutex_unlock(&mutexes[next]);
    }
}

int main(void)
{
    signal(SIGALRM, handler);
    for (volatile int i = 0; i < 200; i++) {
        if (sigsetjmp(back, 1) == 0) {
            setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 50 + i}}, NULL);
            interrupted();
            break;
        }
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    for (int i = 0; i < 1000; i++)
        after();
    return 0;
}
