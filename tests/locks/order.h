// SPDX-License-Identifier: MIT
//
// order.h - threads that take locks in an order, one thread after another: no two of them ever
// really wait for each other.
#ifndef GAIAPROF_TESTS_LOCKS_ORDER_H
#define GAIAPROF_TESTS_LOCKS_ORDER_H

#include "steps.h"

// Nested: taken in this order, released in the other.
static inline void nest(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

// The thread that does what the body says has a creation stack and a serial of its own.
static inline void in_threads(thread_body one, thread_body other)
{
    run_alone(one, NULL);
    run_alone(other, NULL);
}

#endif
