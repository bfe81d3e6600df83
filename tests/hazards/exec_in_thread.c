// SPDX-License-Identifier: MIT
// A thread, not the first, execs while the others allocate and lock: they go, the new program has
// the process's number, and the profile is closed.
// EXPECT: len(reports) == 1 and process["exit"]["kind"] == "execed"
// EXPECT: stdout == "same pid, clean\n" and site("busy")["allocations"] > 0
#include "../await.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int rounds;

static void *busy(void *unused)
{
    for (;;) {
        free(malloc(10));
        pthread_mutex_lock(&mutex);
        rounds++;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void *replace(void *unused)
{
    char command[100];

    snprintf(command, sizeof(command), "[ $$ = %d ] && echo \"same pid, ${LD_PRELOAD:-clean}\"",
             (int)getpid());
    execl("/nowhere", "sh", (char *)NULL);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    return unused;
}

int main(void)
{
    pthread_t thread;

    for (int i = 0; i < 4; i++)
        pthread_create(&thread, NULL, busy, NULL);
    while (rounds < 1000)
        await_poll();
    pthread_create(&thread, NULL, replace, NULL);
    pthread_join(thread, NULL);
    return 1;
}
