// SPDX-License-Identifier: MIT
// Threads that can't be made: for want of address space, and for attributes that the kernel
// refuses. The errors are libc's, no thread is in the report, and later ones are.
// EXPECT: (threads["created"], threads["finished"], threads["leaked"]) == (10, 10, 0)
// EXPECT: health["complete"]
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static void *work(void *argument)
{
    return argument;
}

static int try_one(const pthread_attr_t *attributes)
{
    pthread_t thread;
    int error;

    errno = 0;
    error = pthread_create(&thread, attributes, work, NULL);
    if (error == 0)
        pthread_join(thread, NULL);
    return error;
}

int main(void)
{
    pthread_attr_t huge, elsewhere;
    cpu_set_t none;
    int works = 0;

    CPU_ZERO(&none);
    CPU_SET(CPU_SETSIZE - 1, &none); // a processor that is not there
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, (size_t)1 << 46);
    pthread_attr_init(&elsewhere);
    pthread_attr_setaffinity_np(&elsewhere, sizeof(none), &none);
    for (int i = 0; i < 10; i++) {
        int error = try_one(&huge);

        if (i == 0)
            printf("huge: %s\n", strerrorname_np(error));
        error = try_one(&elsewhere);
        if (i == 0)
            printf("elsewhere: %s\n", strerrorname_np(error));
        works += try_one(NULL) == 0;
    }
    printf("%d\n", works);
    return 0;
}
