// SPDX-License-Identifier: MIT
// A thread that reads and wants to read again, of an rwlock where the writer that waits goes first.
// Where readers go first, the same is right.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [o["kind"] for o in report["order"]] == ["deadlock"] and order()[0]["why"] in ("self", "cycle")
// EXPECT: {l["name"] for l in order()[0]["locks"]} == {"writers_first"}
// EXPECT: ("read_it", "read_again") in edges(order()[0]).values()
// EXPECT: lock("readers_first")["acquisitions"] == 3 and lock("writers_first")["acquisitions"] == 1
#include "stuck.h"

pthread_rwlock_t readers_first = PTHREAD_RWLOCK_INITIALIZER;
pthread_rwlock_t writers_first = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static atomic_int is_read[2], writers[2], readers[2];

void read_it(pthread_rwlock_t *book)
{
    pthread_rwlock_rdlock(book);
}

void read_again(pthread_rwlock_t *book)
{
    pthread_rwlock_rdlock(book);
}

static void read_twice(pthread_rwlock_t *book, int i)
{
    read_it(book);
    come(&is_read[i]);
    await_asleep(&writers[i]);
    arrive(&readers[i]);
    read_again(book);
    pthread_rwlock_unlock(book);
    pthread_rwlock_unlock(book);
}

static void write_it(pthread_rwlock_t *book, int i)
{
    await(&is_read[i]);
    arrive(&writers[i]);
    pthread_rwlock_wrlock(book);
    pthread_rwlock_unlock(book);
}

void *reader(void *unused)
{
    read_twice(&readers_first, 0);
    read_twice(&writers_first, 1);
    return unused;
}

void *writer(void *unused)
{
    write_it(&readers_first, 0);
    write_it(&writers_first, 1);
    return unused;
}

int main(void)
{
    start(reader, NULL);
    start(writer, NULL);
    end_stuck(&readers[1], 1);
}
