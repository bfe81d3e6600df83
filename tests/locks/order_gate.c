// SPDX-License-Identifier: MIT
// Two orders, but both threads hold a third lock meanwhile: they can't be in it at once. A third
// lock that only one of them holds, or each of them for another part, prevents nothing.
// EXPECT: [(o["kind"], o["why"]) for o in order("a", "b")] == [("order inconsistency", "gate")]
// EXPECT: [o["kind"] for o in order("c", "d")] == ["potential deadlock"]
// EXPECT: [o["kind"] for o in order("e", "f")] == ["potential deadlock"]
// EXPECT: len(report["order"]) == 3
#include "order.h"

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER, d = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t e = PTHREAD_MUTEX_INITIALIZER, f = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER, half = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER, yours = PTHREAD_MUTEX_INITIALIZER;

static void nest_in(pthread_mutex_t *outer, pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(outer);
    nest(first, second);
    pthread_mutex_unlock(outer);
}

void *forwards(void *unused)
{
    nest_in(&gate, &a, &b);
    nest_in(&half, &c, &d);
    nest_in(&mine, &e, &f);
    return unused;
}

void *backwards(void *unused)
{
    nest_in(&gate, &b, &a);
    nest(&d, &c);
    nest_in(&yours, &f, &e);
    return unused;
}

int main(void)
{
    in_threads(forwards, backwards);
    return 0;
}
