// SPDX-License-Identifier: MIT
// Circles of three and of five locks, each lock pair by a thread of its own, and no shorter ones.
// EXPECT: len(report["order"]) == 2 and all(o["kind"] == "potential deadlock" for o in order())
// EXPECT: sorted(len(o["locks"]) for o in order()) == [3, 5]
// EXPECT: len(order("a", "b", "c")) == 1 and len(order("d", "e", "f", "g", "h")) == 1
// EXPECT: set(edges(order("a", "b", "c")[0])) == {("a", "b"), ("b", "c"), ("c", "a")}
// EXPECT: set(edges(order("d", "e", "f", "g", "h")[0])) == {("d", "e"), ("e", "f"), ("f", "g"), ("g", "h"), ("h", "d")}
// EXPECT: all(len({e["thread"] for e in o["edges"]}) == len(o["edges"]) for o in order())
// EXPECT: all(functions(e["stack_to"])[:2] == ["nest", "take_both"] for o in order() for e in o["edges"])
#include "order.h"

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER, d = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t e = PTHREAD_MUTEX_INITIALIZER, f = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t g = PTHREAD_MUTEX_INITIALIZER, h = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t *const three[] = {&a, &b, &c}, *const five[] = {&d, &e, &f, &g, &h};

void *take_both(void *argument)
{
    pthread_mutex_t **both = argument;

    nest(both[0], both[1]);
    return NULL;
}

static void take_in_circle(pthread_mutex_t *const *mutexes, int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_t *both[] = {mutexes[i], mutexes[(i + 1) % count]};

        run_alone(take_both, both);
    }
}

int main(void)
{
    take_in_circle(three, 3);
    take_in_circle(five, 5);
    return 0;
}
