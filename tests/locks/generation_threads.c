// SPDX-License-Identifier: MIT
// Threads pass objects with a mutex inside to each other, who use, destroy (or not) and free them:
// each object's lock is one of its own, with what was done with it alone.
// EXPECT: {l["acquisitions"] for l in locks_of("mutex", "make")} == {4}
// EXPECT: len(locks_of("mutex", "make")) == 4 * 2000
// EXPECT: sum(l["acquisitions"] for l in locks_of("mutex", "make")) == 4 * 2000 * 4
// EXPECT: {l["owner_changes"] for l in locks_of("mutex", "make")} == {1}
// EXPECT: [sum(l["end"] == end for l in locks_of("mutex", "make")) for end in ("destroyed", "freed")] == [4000, 4000]
// EXPECT: report["misuse"] == [] and report["order"] == []
// EXPECT: len({(l["address"], l["generation"]) for l in locks_of("mutex", "make")}) == 8000
// EXPECT: not any(health["dropped"].values())
#include "steps.h"

#define PAIRS 4
#define OBJECTS 2000

struct object {
    char text[48];
    pthread_mutex_t mutex;
    int is_destroyed;
};

struct channel {
    _Atomic(struct object *) object;
};

struct object *make(int number)
{
    struct object *object = malloc(sizeof(*object));

    memset(object->text, 0, sizeof(object->text));
    if (number % 2)
        pthread_mutex_init(&object->mutex, NULL);
    else
        object->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    object->is_destroyed = number % 2;
    return object;
}

static void use(struct object *object)
{
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&object->mutex);
        pthread_mutex_unlock(&object->mutex);
    }
}

void *producer(void *argument)
{
    struct channel *channel = argument;

    for (int i = 0; i < OBJECTS; i++) {
        struct object *object = make(i);

        use(object);
        while (channel->object)
            sched_yield();
        channel->object = object;
    }
    return NULL;
}

void *consumer(void *argument)
{
    struct channel *channel = argument;

    for (int i = 0; i < OBJECTS; i++) {
        struct object *object;

        while (!(object = atomic_exchange(&channel->object, NULL)))
            sched_yield();
        use(object);
        if (object->is_destroyed)
            pthread_mutex_destroy(&object->mutex);
        free(object);
    }
    return NULL;
}

int main(void)
{
    static struct channel channels[PAIRS];
    pthread_t threads[2 * PAIRS];

    for (int i = 0; i < PAIRS; i++) {
        threads[2 * i] = start(producer, &channels[i]);
        threads[2 * i + 1] = start(consumer, &channels[i]);
    }
    for (int i = 0; i < 2 * PAIRS; i++)
        finish(threads[i]);
    return 0;
}
