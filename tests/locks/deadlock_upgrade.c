// SPDX-License-Identifier: MIT
// A reader of an rwlock that wants to write waits for itself.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "self")]
// EXPECT: edges(order("book")[0]) == {("book", "book"): ("read_it", "write_it")}
#include "stuck.h"

pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int tid;

void read_it(void)
{
    pthread_rwlock_rdlock(&book);
}

void write_it(void)
{
    pthread_rwlock_wrlock(&book);
}

void *body(void *unused)
{
    read_it();
    arrive(&tid);
    write_it();
    return unused;
}

int main(void)
{
    start(body, NULL);
    end_stuck(&tid, 1);
}
