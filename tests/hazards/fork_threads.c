// SPDX-License-Identifier: MIT
// fork in a program whose threads allocate all the time, our hooks running in them: no child hangs.
// EXPECT: process["exit"]["status"] == 0
// EXPECT: len(reports) == 1
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int stop;

void *work(void *unused)
{
    while (!stop)
        free(malloc(rand() % 1000));
    return unused;
}

int main(void)
{
    pthread_t threads[3];
    int sum = 0;

    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 100; i++) {
        int status;
        int pid = fork();

        if (pid == 0) {
            for (int j = 0; j < 100; j++)
                free(malloc(100));
            exit(3);
        }
        waitpid(pid, &status, 0);
        sum += status >> 8;
    }
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("%d\n", sum);
    return 0;
}
