// SPDX-License-Identifier: MIT
// The thread-local variables, the stack and the key values of a thread that ended hold nothing,
// though its memory is kept for the next thread.
// Memcheck looks at that memory as at any other.
// LEAKS: definite in_variable 1 40, definite on_stack 1 48, definite in_key 1 56
// LEAKS: definite as_argument 1 64, definite as_result 1 72
// MEMCHECK: reachable in_variable 1 40, definite on_stack 1 48, definite in_key 1 56
// MEMCHECK: reachable as_argument 1 64, reachable as_result 1 72
#include "leaks.h"

static __thread void *variable;
static pthread_key_t key;

static SITE void in_variable(void)
{
    variable = malloc(40);
}

static SITE void *on_stack(void)
{
    return malloc(48);
}

static SITE void in_key(void)
{
    pthread_setspecific(key, malloc(56));
}

static SITE void *as_argument(void)
{
    return malloc(64);
}

static SITE void *as_result(void)
{
    return malloc(72);
}

static void *end(void *argument)
{
    void *volatile block = on_stack();

    in_variable();
    in_key();
    return block != argument ? as_result() : NULL;
}

static SITE void run(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, end, as_argument());
    pthread_join(thread, NULL);
}

int main(void)
{
    pthread_key_create(&key, NULL);
    run();
    forget();
    return 0;
}
