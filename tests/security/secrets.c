// SPDX-License-Identifier: MIT
//
// secrets.c - has secrets: an argument, a name of a thread, its environment, memory that it leaks.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char *volatile kept;

int main(int argc, char **argv)
{
    pthread_setname_np(pthread_self(), "thread-of-mine");
    kept = malloc(100);
    if (argc != 2 || !getenv("SECRET") || !kept)
        return 1;
    strcpy(kept, "in-mem");
    strcat(kept, "ory");
    memcpy(kept + 20, argv[1], 4);
    kept = NULL;
    return 0;
}
