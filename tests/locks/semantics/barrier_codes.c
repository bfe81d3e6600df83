// SPDX-License-Identifier: MIT
// Barriers: one thread of each round is told that it is the serial one, whatever their number, and
// a barrier is used again and destroyed as soon as a thread has left it.
// EXPECT: health["complete"]
#include "codes.h"

#define THREADS_MAX 5
#define ROUNDS 200

static pthread_barrier_t barrier;
static int serial[ROUNDS], zero[ROUNDS], others;

static void *take_part(void *unused)
{
    for (int round = 0; round < ROUNDS; round++) {
        int result = pthread_barrier_wait(&barrier);

        if (result == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_fetch_add(&serial[round], 1, __ATOMIC_RELAXED);
        else if (result == 0)
            __atomic_fetch_add(&zero[round], 1, __ATOMIC_RELAXED);
        else
            __atomic_fetch_add(&others, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

static void try_rounds(int threads_count, int shared)
{
    pthread_t threads[THREADS_MAX];
    pthread_barrierattr_t attributes;
    int right = 0;

    memset(serial, 0, sizeof(serial));
    memset(zero, 0, sizeof(zero));
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, shared);
    printf("%d threads: init %s", threads_count,
           code(pthread_barrier_init(&barrier, &attributes, threads_count)));
    for (int i = 0; i < threads_count; i++)
        pthread_create(&threads[i], NULL, take_part, NULL);
    for (int i = 0; i < threads_count; i++)
        pthread_join(threads[i], NULL);
    for (int round = 0; round < ROUNDS; round++)
        right += serial[round] == 1 && zero[round] == threads_count - 1;
    printf(", %d rounds of %d as they should, %d other results, destroy %s\n", right, ROUNDS,
           others, code(pthread_barrier_destroy(&barrier)));
}

static void *wait_once(void *argument)
{
    return (void *)(long)pthread_barrier_wait(argument);
}

// destroy waits until the other thread has left.
static void destroyed_at_once(void)
{
    int serials = 0;

    for (int i = 0; i < 100; i++) {
        pthread_barrier_t *once = malloc(sizeof(*once));
        pthread_t thread;
        void *result;
        int own;

        pthread_barrier_init(once, NULL, 2);
        pthread_create(&thread, NULL, wait_once, once);
        own = pthread_barrier_wait(once);
        if (pthread_barrier_destroy(once) != 0)
            puts("destroy failed");
        memset(once, 0xff, sizeof(*once));
        free(once);
        pthread_join(thread, &result);
        serials +=
            own == PTHREAD_BARRIER_SERIAL_THREAD || (long)result == PTHREAD_BARRIER_SERIAL_THREAD;
        serials += own != 0 && result != NULL;
    }
    printf("destroyed at once: %d serial threads of 100\n", serials);
}

int main(void)
{
    printf("init of 0: %s\n", code(pthread_barrier_init(&barrier, NULL, 0)));
    printf("init of too many: %s\n", code(pthread_barrier_init(&barrier, NULL, 0xffffffffu)));
    for (int shared = 0; shared < 2; shared++)
        for (int threads = 1; threads <= THREADS_MAX; threads += 2)
            try_rounds(threads, shared);
    destroyed_at_once();
    return 0;
}
