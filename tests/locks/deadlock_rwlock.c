// SPDX-License-Identifier: MIT
// A reader that wants a mutex, whose owner wants to write.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "cycle")]
// EXPECT: edges(order("book", "mutex")[0]) == {("book", "mutex"): ("reader", "reader"), ("mutex", "book"): ("writer", "writer")}
// EXPECT: sorted(l["kind"] for l in order()[0]["locks"]) == ["mutex", "rwlock"]
#include "stuck.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int tids[2], is_read, is_owned;

void *reader(void *unused)
{
    pthread_rwlock_rdlock(&book);
    come(&is_read);
    await(&is_owned);
    arrive(&tids[0]);
    pthread_mutex_lock(&mutex);
    return unused;
}

void *writer(void *unused)
{
    pthread_mutex_lock(&mutex);
    come(&is_owned);
    await(&is_read);
    arrive(&tids[1]);
    pthread_rwlock_wrlock(&book);
    return unused;
}

int main(void)
{
    start(reader, NULL);
    start(writer, NULL);
    end_stuck(tids, 2);
}
