// SPDX-License-Identifier: MIT
// A thread that ended and was not joined keeps its result for who joins it. Of a joined one the
// program got the result; of a detached one nobody can get it.
// LEAKS: reachable unjoined_result 1 40, definite joined_result 1 48, reachable taken_result 1 56
#include "leaks.h"

static void *volatile taken;
static atomic_int unjoined_tid;

static void *unjoined_result(void *unused)
{
    unjoined_tid = gettid();
    sem_post(&parked_count);
    (void)unused;
    return malloc(40);
}

static void *joined_result(void *unused)
{
    (void)unused;
    return malloc(48);
}

static void *taken_result(void *unused)
{
    (void)unused;
    return malloc(56);
}

// Joins it; its descriptor is then used by the next thread.
static SITE void *result_of(void *(*run)(void *))
{
    pthread_t thread;
    void *result;

    pthread_create(&thread, NULL, run, NULL);
    pthread_join(thread, &result);
    return result;
}

int main(void)
{
    result_of(joined_result);
    taken = result_of(taken_result);
    start_thread(unjoined_result, NULL);
    wait_until_parked(1);
    await_end(unjoined_tid);
    forget();
    return 0;
}
