// SPDX-License-Identifier: MIT
// main ends by pthread_exit; the last thread ends the process.
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: site("work")["allocations"] == 1
// EXPECT: [t["exit"] for t in threads["records"] if t["serial"] == 1] == ["pthread_exit"]
#include "../await.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

void *work(void *unused)
{
    await_zombie(getpid());
    malloc(1);
    return unused;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, work, NULL);
    pthread_exit(NULL);
}
