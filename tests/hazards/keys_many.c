// SPDX-License-Identifier: MIT
// Hundreds of keys: those from the 32nd on have places that libc allocates. Destructors allocate,
// free, and set their key again, as often as libc goes round; the calls are the host's, no more.
// EXPECT: site("refill")["allocations"] == 3 * 200 * 4
// EXPECT: site("set_all")["live_blocks"] == 0 and health["complete"]
// EXPECT: site("refill")["live_blocks"] == 3 * 200
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS 200
#define THREADS 3

static pthread_key_t keys[KEYS];
static int calls;

struct value {
    int key;
};

static struct value *refill(int key)
{
    struct value *value = malloc(sizeof(*value));

    value->key = key;
    return value;
}

static void destroy(void *argument)
{
    struct value *value = argument;
    int key = value->key;

    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    free(value);
    pthread_setspecific(keys[key], refill(key));
}

static struct value *set_all(int key)
{
    struct value *value = malloc(sizeof(*value));

    value->key = key;
    return value;
}

static void *work(void *unused)
{
    for (int i = 0; i < KEYS; i++)
        pthread_setspecific(keys[i], set_all(i));
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    int created = 0;

    for (int i = 0; i < KEYS; i++)
        created += pthread_key_create(&keys[i], destroy) == 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d keys, %d rounds\n", created, calls / KEYS / THREADS);
    return PTHREAD_DESTRUCTOR_ITERATIONS * KEYS * THREADS - calls;
}
