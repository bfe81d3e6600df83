// SPDX-License-Identifier: MIT
// Two threads deadlock, and the first waits to be killed (deadlock_live.py).
#include "steps.h"

pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
static atomic_int has_left, has_right;

void take_left(void)
{
    pthread_mutex_lock(&left);
    come(&has_left);
}

void want_right(void)
{
    pthread_mutex_lock(&right);
}

void *left_first(void *unused)
{
    take_left();
    await(&has_right);
    want_right();
    return unused;
}

void take_right(void)
{
    pthread_mutex_lock(&right);
    come(&has_right);
}

void want_left(void)
{
    pthread_mutex_lock(&left);
}

void *right_first(void *unused)
{
    take_right();
    await(&has_left);
    want_left();
    return unused;
}

int main(void)
{
    start(left_first, NULL);
    start(right_first, NULL);
    for (;;)
        pause();
}
