// SPDX-License-Identifier: MIT
// A System V segment of shared memory holds a block; a detached one holds nothing.
// LEAKS: reachable in_segment 1 40, definite in_detached 1 48
#include "leaks.h"

#include <sys/shm.h>

#define BYTES 65536

static SITE void **attach(void)
{
    int id = shmget(IPC_PRIVATE, BYTES, 0600);
    void **words = shmat(id, NULL, 0);

    if (id < 0 || words == (void *)-1)
        abort();
    shmctl(id, IPC_RMID, NULL); // once nobody has it attached
    return words;
}

static SITE void in_segment(void)
{
    attach()[1000] = malloc(40);
}

static SITE void in_detached(void)
{
    void **words = attach();

    words[1000] = malloc(48);
    shmdt(words);
}

int main(void)
{
    in_segment();
    in_detached();
    forget();
    return 0;
}
