// SPDX-License-Identifier: MIT
// One thread that takes two locks in both orders can't meet itself. If another does half of it they
// can meet; if both do all of it, too.
// EXPECT: [(o["kind"], o["why"]) for o in order("a", "b")] == [("order inconsistency", "one thread")]
// EXPECT: [o["kind"] for o in order("c", "d")] == ["potential deadlock"]
// EXPECT: [o["kind"] for o in order("e", "f")] == ["potential deadlock"]
// EXPECT: len(report["order"]) == 3
#include "order.h"

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER, d = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t e = PTHREAD_MUTEX_INITIALIZER, f = PTHREAD_MUTEX_INITIALIZER;

static void both_orders(pthread_mutex_t *one, pthread_mutex_t *other)
{
    nest(one, other);
    nest(other, one);
}

void *half(void *unused)
{
    nest(&c, &d);
    both_orders(&e, &f);
    return unused;
}

int main(void)
{
    both_orders(&a, &b);
    both_orders(&a, &b);
    both_orders(&c, &d);
    both_orders(&e, &f);
    run_alone(half, NULL);
    return 0;
}
